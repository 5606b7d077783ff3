// Alerts as bars that do not cover each other.
import type { TimelineAlert } from "../record.ts";
import { type Axis, place, type Span } from "./axis.ts";

export interface AlertBar {
  alert: TimelineAlert;
  /** Its position in the record. */
  id: number;
  left: number;
  right: number;
  /** The part of the bar up to the latest window over the threshold. */
  loud: number;
  track: number;
  /** Where its words have the most room: in the bar, or after it up to the next one. */
  words: Span;
}

/** Room of a bar, however short the alert was: its mark must be seen and hit. On a phone it is more of the axis. */
export const LEAST = { wide: 0.018, narrow: 0.065 } as const;

/** A warning that is over needs no more room than the windows that were over its threshold. */
export function isPast({ tier, closed }: TimelineAlert): boolean {
  return tier === "warning" && closed != null;
}

/** The alerts in view; those that would cover each other lie on different tracks. */
export function barsOf(alerts: readonly TimelineAlert[], last: number, axis: Axis, least: number = LEAST.wide): AlertBar[] {
  const endOf = ({ left, right }: Span) => Math.max(right, left + least);
  const tracks: AlertBar[][] = [];
  const bars = alerts.flatMap((alert, id) => {
    const span = place(axis, alert.opened, isPast(alert) ? alert.last : (alert.closed ?? last));
    if (!span) return [];
    const { right } = span;
    const over = place(axis, alert.opened, alert.last);
    const loud = over ? (over.right - span.left) / (right - span.left) : 0;
    // At the end of the axis, too, it has its room.
    const left = Math.min(span.left, 1 - least);
    const free = tracks.findIndex((own) => endOf(own.at(-1)!) <= left);
    const track = free < 0 ? tracks.length : free;
    const bar = { alert, id, left, right, loud, track, words: { left, right } };
    (tracks[track] ??= []).push(bar);
    return [bar];
  });
  for (const own of tracks) own.forEach((bar, i) => (bar.words = wider(bar, { left: endOf(bar), right: own[i + 1]?.left ?? 1 })));
  return bars;
}

function wider(bar: Span, after: Span): Span {
  const { left, right } = after.right - after.left > bar.right - bar.left ? after : bar;
  return { left, right };
}

/** `score +6`: who is named first, and how many more are. */
export function shortNames({ sources }: TimelineAlert): string {
  const [first] = sources;
  if (!first) return "";
  return sources.length > 1 ? `${first.source} +${sources.length - 1}` : first.source;
}
