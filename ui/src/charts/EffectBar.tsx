import type { Effect, Verdict } from "../record.ts";
import { exists } from "../format.ts";

/** An effect with its interval on an axis from zero, and the floor it must pass, like a sounding over a shoal. */
export function EffectBar({ effect, limit, verdict }: { effect: Effect; limit: number; verdict: Verdict }) {
  if (!exists(effect.value)) return null;
  const at = (value: number) => `${Math.max(0, Math.min(1, Math.abs(value) / limit)) * 100}%`;
  const low = exists(effect.low) ? Math.max(0, effect.low) : effect.value;
  const high = exists(effect.high) ? effect.high : effect.value;
  return (
    <svg class={`effect ${verdict}`} height="16" aria-hidden="true">
      {exists(effect.floor) && <rect class="shoal" x="0" y="0" width={at(effect.floor)} height="16" />}
      <line class="base" x1="0" x2="100%" y1="15.5" y2="15.5" />
      {exists(effect.floor) && <line class="floor" x1={at(effect.floor)} x2={at(effect.floor)} y1="0" y2="16" />}
      <line class="interval" x1={at(low)} x2={at(high)} y1="8" y2="8" />
      <circle class="point" cx={at(effect.value)} cy="8" r="3.5" />
    </svg>
  );
}

/** A change with its interval around zero. */
export function ChangeBar({ value, low, high, limit, floor, verdict }: ChangeProps) {
  const at = (x: number) => `${50 + Math.max(-1, Math.min(1, x / limit)) * 50}%`;
  return (
    <svg class={`effect ${verdict}`} height="16" aria-hidden="true">
      {exists(floor) && <rect class="shoal" x={at(-floor)} y="0" width={`${Math.min(1, floor / limit) * 100}%`} height="16" />}
      <line class="base" x1="0" x2="100%" y1="15.5" y2="15.5" />
      <line class="zero" x1="50%" x2="50%" y1="0" y2="16" />
      <line class="interval" x1={at(low)} x2={at(high)} y1="8" y2="8" />
      <circle class="point" cx={at(value)} cy="8" r="3.5" />
    </svg>
  );
}

interface ChangeProps {
  value: number;
  low: number;
  high: number;
  limit: number;
  floor?: number | null;
  verdict: Verdict;
}
