// Alerts as bars that do not cover each other.
import type { TimelineAlert } from "../record.ts";
import { type Axis, place } from "./axis.ts";

export interface AlertBar {
  alert: TimelineAlert;
  /** Its position in the record. */
  id: number;
  left: number;
  right: number;
  /** The part of the bar up to the latest window over the threshold. */
  loud: number;
  track: number;
}

/** Room of a bar, however short the alert was: its mark must be seen and hit. */
const LEAST = 0.018;

/** A warning that is over needs no more room than the windows that were over its threshold. */
export function isPast({ tier, closed }: TimelineAlert): boolean {
  return tier === "warning" && closed != null;
}

/** The alerts in view; those that would cover each other lie on different tracks. */
export function barsOf(alerts: readonly TimelineAlert[], last: number, axis: Axis): AlertBar[] {
  const ends: number[] = [];
  return alerts.flatMap((alert, id) => {
    const span = place(axis, alert.opened, isPast(alert) ? alert.last : (alert.closed ?? last));
    if (!span) return [];
    const { left, right } = span;
    const over = place(axis, alert.opened, alert.last);
    const free = ends.findIndex((end) => end <= left);
    const track = free < 0 ? ends.length : free;
    ends[track] = Math.max(right, left + LEAST);
    return [{ alert, id, left, right, loud: over ? (over.right - left) / (right - left) : 0, track }];
  });
}
