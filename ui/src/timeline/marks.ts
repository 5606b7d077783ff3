// What people and the traffic told of a model's surroundings, on the axis of windows.
import type { WindowResult } from "../record.ts";
import { type Axis, place, type Span } from "./axis.ts";

export interface TimeMark {
  /** ISO 8601. */
  at: string;
  kind: string;
  /** `v7`, `deploy`: short enough to stand on the axis. */
  name: string;
  text: string;
}

export interface PlacedMark {
  window: number;
  marks: TimeMark[];
}

/** Marks by the window that they fall into, in order; those before the first or after the last window are left out. */
export function placed(marks: readonly TimeMark[], windows: readonly WindowResult[]): PlacedMark[] {
  const found = new Map<number, TimeMark[]>();
  for (const mark of [...marks].sort((a, b) => Date.parse(a.at) - Date.parse(b.at))) {
    const at = Date.parse(mark.at);
    const window = windows.findIndex(({ start, end }) => Date.parse(start) <= at && at < Date.parse(end));
    if (window >= 0) found.set(window, [...(found.get(window) ?? []), mark]);
  }
  return [...found].map(([window, own]) => ({ window, marks: own })).sort((a, b) => a.window - b.window);
}

/** Marks in view, on 0..1. */
export interface Flag {
  left: number;
  marks: TimeMark[];
  /** Where their names have the most room: up to the next mark, or from the one before. */
  words: Span;
}

/** The marks in view; no two names have the same room. */
export function flagsOf(all: readonly PlacedMark[], axis: Axis): Flag[] {
  const seen = all.flatMap(({ window, marks }) => {
    const at = place(axis, window, window);
    return at ? [{ left: at.left, marks }] : [];
  });
  let taken = 0;
  return seen.map(({ left, marks }, i) => {
    const after = { left, right: seen[i + 1]?.left ?? 1 };
    const words = left - taken > after.right - left ? { left: taken, right: left } : after;
    taken = words.right;
    return { left, marks, words };
  });
}
