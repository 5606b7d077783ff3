import type { Line } from "./api.ts";
import { exists, quantity, unitWords } from "../format.ts";
import { bandPath, type Extent, extentOf, heightOf, linePath } from "../timeline/lines.ts";

/** Performance over the latest windows, or of each version by itself (`apart`): realised solid, provisional faint, estimated dashed, the reference grey. */
export function Sparkline({ lines, label, apart = false }: { lines: readonly Line[]; label: string; apart?: boolean }) {
  const size = lines[0]?.values.length ?? 0;
  const extent = extentOf([...lines, { values: lines.map((line) => line.reference) }]);
  if (!extent || size < 2) return null;
  return (
    <svg class="trend" viewBox={`0 0 ${size} 100`} preserveAspectRatio="none" role="img" aria-label={label}>
      <Level line={lines.find((line) => line.kind === "realised") ?? lines[0]!} extent={extent} size={size} />
      {lines.map((line) => (
        <Trend line={line} extent={extent} runs={apart ? line.values.map((_, i) => [i, i]) : [[0, size - 1]]} />
      ))}
    </svg>
  );
}

function Level({ line, extent, size }: { line: Line; extent: Extent; size: number }) {
  if (!exists(line.reference)) return null;
  return (
    <path class="level" d={`M0 ${heightOf(extent, line.reference)}H${size}`}>
      <title>{["reference", quantity(line.reference, line.unit), unitWords(line.unit)].filter(Boolean).join(" ")}</title>
    </path>
  );
}

function Trend({ line: { kind, values, low, high, provisional }, extent, runs }: { line: Line; extent: Extent; runs: [number, number][] }) {
  const settled = values.map((value, i) => (provisional[i] ? null : value));
  const open = values.map((value, i) => (provisional[i] ? value : null));
  return (
    <>
      <path class={`band ${kind}`} d={runs.map(([from, to]) => bandPath(low, high, from, to, extent)).join("")} />
      <path class={`line ${kind}`} d={runs.map(([from, to]) => linePath(settled, from, to, extent)).join("")} />
      {provisional.length > 0 && <path class="line provisional" d={runs.map(([from, to]) => linePath(open, from, to, extent)).join("")} />}
    </>
  );
}
