// The one time axis: windows side by side, equally wide, in runs without a gap; plain functions on 0..1.
import type { WindowResult } from "../record.ts";

/** First and last window in view, both inclusive. */
export type Range = readonly [number, number];

/** Windows that follow each other without a gap, on one side; a version of the model is one by itself. */
export interface Run {
  side: WindowResult["side"];
  first: number;
  last: number;
}

export interface PlacedRun extends Run {
  /** The whole run, of which `first` to `last` is in view. */
  whole: Run;
  left: number;
  width: number;
}

/** A part of the width of the axis, on 0..1. */
export interface Span {
  left: number;
  right: number;
}

export interface Axis {
  range: Range;
  runs: PlacedRun[];
  /** Reference windows are narrower than current ones. */
  squeezed: boolean;
}

const GAP = 0.014;
/** All gaps together: data with many holes must still be seen. */
const GAPS = 0.25;
/** At most so much of the width goes to the reference: what is judged needs the room. */
const REFERENCE = 0.35;
/** A hole of more than this many usual windows is a gap; smaller ones are how windows of so many rows lie. */
const HOLE = 1.5;

export function wholeRange(windows: readonly WindowResult[]): Range {
  return [0, Math.max(0, windows.length - 1)];
}

export function runsOf(windows: readonly WindowResult[]): Run[] {
  const starts = windows.map((window) => Date.parse(window.start));
  const ends = windows.map((window) => Date.parse(window.end));
  const lengths = starts.map((start, i) => ends[i]! - start).sort((a, b) => a - b);
  const usual = lengths[Math.floor(lengths.length / 2)] ?? 0;
  // Versions serve at the same time: nothing leads from one to the next.
  const versions = ofVersions(windows);
  const runs: Run[] = [];
  windows.forEach(({ side }, i) => {
    const run = runs.at(-1);
    if (!versions && run?.side === side && starts[i]! - ends[i - 1]! <= HOLE * usual) run.last = i;
    else runs.push({ side, first: i, last: i });
  });
  return runs;
}

/** Windows are versions of the model, which may overlap, and not times. */
export function ofVersions(windows: readonly WindowResult[]): boolean {
  return windows.some(({ version }) => version);
}

export function layout(runs: readonly Run[], range: Range): Axis {
  const [first, last] = range;
  const visible = runs
    .filter((run) => run.last >= first && run.first <= last)
    .map((whole) => ({ ...whole, whole, first: Math.max(first, whole.first), last: Math.min(last, whole.last) }));
  const gap = Math.min(GAP, GAPS / Math.max(1, visible.length - 1));
  const room = 1 - gap * Math.max(0, visible.length - 1);
  const count = (side: Run["side"]) => visible.reduce((sum, run) => sum + (run.side === side ? lengthOf(run) : 0), 0);
  const [before, now] = [count("reference"), count("current")];
  const squeezed = now && before > REFERENCE * (before + now) ? REFERENCE : before / Math.max(1, before + now);
  const width = { reference: (room * squeezed) / Math.max(1, before), current: (room * (1 - squeezed)) / Math.max(1, now) };
  let left = 0;
  const placed = visible.map((run) => {
    const own = { ...run, left, width: width[run.side] * lengthOf(run) };
    left += own.width + gap;
    return own;
  });
  return { range, runs: placed, squeezed: width.reference < width.current * 0.999 && before > 0 && now > 0 };
}

function lengthOf({ first, last }: Run): number {
  return last - first + 1;
}

/** Left and right end of a span of windows, cut to the view; null where none of it is in view. */
export function place(axis: Axis, first: number, last: number): Span | null {
  const [start, end] = [Math.max(first, axis.range[0]), Math.min(last, axis.range[1])];
  if (start > end) return null;
  return { left: edge(axis, start, 0), right: edge(axis, end, 1) };
}

function edge(axis: Axis, window: number, side: 0 | 1): number {
  const run = axis.runs.find((each) => window <= each.last) ?? axis.runs.at(-1);
  if (!run) return 0;
  return run.left + (run.width * (window - run.first + side)) / lengthOf(run);
}

export function middle(axis: Axis, window: number): number | null {
  const at = place(axis, window, window);
  return at && (at.left + at.right) / 2;
}

/** The window at a place, or the nearest one to it. */
export function windowAt(axis: Axis, fraction: number): number {
  const run = axis.runs.find((each) => fraction < each.left + each.width) ?? axis.runs.at(-1);
  if (!run) return 0;
  const count = lengthOf(run);
  const inside = Math.floor(((fraction - run.left) / run.width) * count);
  return run.first + Math.max(0, Math.min(count - 1, inside));
}

/** A range inside the windows, at least two wide, whichever end is given first. */
export function ranged(a: number, b: number, count: number): Range {
  const last = Math.max(0, count - 1);
  const clip = (value: number) => Math.max(0, Math.min(last, Math.round(value)));
  const [low, high] = [Math.min(clip(a), clip(b)), Math.max(clip(a), clip(b))];
  if (high > low || !last) return [low, high];
  return low < last ? [low, low + 1] : [low - 1, low];
}

export const percentOf = (fraction: number) => `${(fraction * 100).toFixed(3)}%`;
