// Scales of the charts: plain functions from values to 0..1.
import { number, tick } from "../format.ts";

/** A round distance of ticks: about `count` of them in `span`. */
export function tickStep(span: number, count = 4): number {
  const rough = span / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough * (1 - 1e-9)) ?? rough;
}

/** Round tick values inside [low, high]. */
export function ticks(low: number, high: number, count = 4): number[] {
  const span = high - low;
  if (!(span > 0) || !Number.isFinite(span)) return [low];
  const step = tickStep(span, count);
  const values: number[] = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9 && values.length < 20; i++) {
    values.push(i * step + 0);
  }
  return values;
}

function edgeTicks(edges: readonly number[], count: number): Cells["ticks"] {
  const chosen = [...new Set([0, 0.25, 0.5, 0.75, 1].map((at) => Math.round(at * count)))];
  return chosen.map((i) => ({ at: i / count, text: number(edges[i]) }));
}

export interface Cells {
  /** Left and right of each cell on 0..1. */
  left: number[];
  right: number[];
  /** Heights on 0..1 of the tallest. */
  reference: number[];
  current: number[];
  ticks: { at: number; text: string }[];
  /** Cells are drawn equally wide, because their widths differ too much for one axis. */
  ordinal: boolean;
}

/** Cells of a numeric distribution on an axis: as a density when widths differ, in order when they differ wildly. */
export function cells(edges: readonly number[], reference: readonly number[], current: readonly number[]): Cells {
  const count = reference.length;
  const widths = reference.map((_, i) => edges[i + 1]! - edges[i]!);
  const narrow = Math.min(...widths);
  const wide = Math.max(...widths);
  const ordinal = !(narrow > 0) || wide / narrow > 100 || !Number.isFinite(wide);
  const low = edges[0]!;
  const span = edges[count]! - low;
  const place = (i: number) => (ordinal ? i / count : (edges[i]! - low) / span);
  const density = (share: number, i: number) => (ordinal ? share : share / widths[i]!);
  const heights = [reference.map(density), current.map(density)] as const;
  const top = Math.max(...heights[0], ...heights[1], Number.MIN_VALUE);
  return {
    left: reference.map((_, i) => place(i)),
    right: reference.map((_, i) => place(i + 1)),
    reference: heights[0].map((value) => value / top),
    current: heights[1].map((value) => value / top),
    ticks: ordinal ? edgeTicks(edges, count) : ticks(low, edges[count]!).map((value) => ({ at: (value - low) / span, text: tick(value, tickStep(span)) })),
    ordinal,
  };
}
