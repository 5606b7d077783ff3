// Lines and bands over windows, in a box that is one unit wide for each window and 100 high.
import type { Maybe } from "../format.ts";
import { exists } from "../format.ts";

export const HEIGHT = 100;

export interface Extent {
  low: number;
  high: number;
}

export interface Banded {
  values: readonly Maybe<number>[];
  low?: readonly Maybe<number>[];
  high?: readonly Maybe<number>[];
}

/** What the vertical axis spans: all values and, as far as they do not flatten them, their intervals. */
export function extentOf(series: readonly Banded[]): Extent | null {
  const values = series.flatMap((each) => each.values.filter(exists));
  if (!values.length) return null;
  const [least, most] = [lowest(values), -lowest(values.map((value) => -value))];
  const intervals = series.flatMap((each) => [...(each.low ?? []), ...(each.high ?? [])].filter(exists));
  const room = most > least ? most - least : Infinity;
  const low = Math.max(lowest([least, ...intervals]), least - room);
  const high = Math.min(-lowest([-most, ...intervals.map((value) => -value)]), most + room);
  const margin = high > low ? (high - low) * 0.05 : Math.abs(high) * 0.05 || 1;
  return { low: low - margin, high: high + margin };
}

/** Without spreading: a long list of arguments overflows the stack. */
function lowest(values: readonly number[]): number {
  return values.reduce((least, value) => Math.min(least, value), Infinity);
}

export function heightOf({ low, high }: Extent, value: number): number {
  return HEIGHT * (1 - Math.max(0, Math.min(1, (value - low) / (high - low))));
}

/** A line through the middles of windows, to the outer edges of each stretch that has values. */
export function linePath(values: readonly Maybe<number>[], first: number, last: number, extent: Extent): string {
  return stretches(values, first, last)
    .map(([from, to]) => `M${along(values, from, to, extent).join("L")}`)
    .join("");
}

/** The band between two bounds, wherever both exist. */
export function bandPath(low: readonly Maybe<number>[], high: readonly Maybe<number>[], first: number, last: number, extent: Extent): string {
  const both = low.map((value, i) => (exists(value) && exists(high[i]) ? value : null));
  return stretches(both, first, last)
    .map(([from, to]) => `M${[...along(low, from, to, extent), ...along(high, from, to, extent).reverse()].join("L")}Z`)
    .join("");
}

/** A dot in the middle of each chosen window: no length, drawn by its round ends. */
export function dotPath(values: readonly Maybe<number>[], first: number, last: number, extent: Extent): string {
  let path = "";
  for (let i = first; i <= last; i++) {
    const value = values[i];
    if (exists(value)) path += `M${i + 0.5} ${round(heightOf(extent, value))}h0`;
  }
  return path;
}

/** One bar for each window, from the bottom up. */
export function barPath(values: readonly Maybe<number>[], first: number, last: number, top: number): string {
  let path = "";
  for (let i = first; i <= last; i++) {
    const value = values[i];
    if (!exists(value) || value <= 0) continue;
    const height = round(Math.min(1, value / top) * HEIGHT);
    path += `M${i + 0.06} ${HEIGHT}v${-height}h.88v${height}z`;
  }
  return path;
}

function stretches(values: readonly Maybe<number>[], first: number, last: number): [number, number][] {
  const found: [number, number][] = [];
  for (let i = first; i <= last; i++) {
    if (!exists(values[i])) continue;
    const open = found.at(-1);
    if (open && open[1] === i - 1) open[1] = i;
    else found.push([i, i]);
  }
  return found;
}

function along(values: readonly Maybe<number>[], from: number, to: number, extent: Extent): string[] {
  const y = (i: number) => round(heightOf(extent, values[i]!));
  const points = [`${from} ${y(from)}`];
  for (let i = from; i <= to; i++) points.push(`${i + 0.5} ${y(i)}`);
  return [...points, `${to + 1} ${y(to)}`];
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
