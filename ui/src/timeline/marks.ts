// What people and the traffic told of a model's surroundings, on the axis of windows.
import type { WindowResult } from "../record.ts";

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
