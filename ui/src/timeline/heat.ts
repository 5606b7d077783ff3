// The heat map: which rows have something to say, and cells as a few paths instead of as many elements.
import type { Budget, HeatRow, Timeline } from "../record.ts";
import { declared, exists, number, type Maybe } from "../format.ts";

/** What colours a cell: where windows are judged the surprise, else the size of the change. */
export interface Shading {
  by: "surprise" | "effect";
  /** Lower ends of the levels 1, 2, ... in units of `by`. */
  cuts: number[];
  /** A row none of whose current cells reaches this level is quiet. */
  loud: number;
  names: string[];
}

/** Beyond the alert threshold, in parts of it. */
const BEYOND = [1, 1.4, 2];
const SIZES = [0.05, 0.1, 0.2, 0.4];

export function shadingOf(budget: Maybe<Budget>): Shading {
  const alert = budget?.threshold;
  if (!exists(alert) || alert <= 0) {
    const names = SIZES.map((size) => `${declared(size)} or more`);
    return { by: "effect", cuts: SIZES, loud: 2, names };
  }
  const warning = budget?.threshold_warning;
  const below = exists(warning) && warning < alert ? [warning] : [];
  return {
    by: "surprise",
    cuts: [...below, ...BEYOND.map((part) => part * alert)],
    loud: 1,
    names: [...below.map(() => "beyond the warning threshold"), "beyond the alert threshold", "1.4 times it", "twice it or more"],
  };
}

export function levelOf({ cuts }: Shading, value: Maybe<number>): number {
  if (!exists(value)) return 0;
  let level = 0;
  while (level < cuts.length && value >= cuts[level]!) level++;
  return level;
}

export interface Heat {
  loud: HeatRow[];
  quiet: HeatRow[];
}

/** Rows in their given order; quiet is what no alert names and no current window stirs. */
export function splitRows(timeline: Timeline, shading: Shading): Heat {
  const heat: Heat = { loud: [], quiet: [] };
  const stirs = (row: HeatRow) =>
    timeline.windows.some((window, i) => window.side === "current" && levelOf(shading, row[shading.by][i]) >= shading.loud);
  for (const row of timeline.heat) (row.tier || stirs(row) ? heat.loud : heat.quiet).push(row);
  return heat;
}

/** Rows in pieces of at most `most`, ending after each row that is unfolded. */
export function pieces(rows: readonly HeatRow[], open: (row: HeatRow) => boolean, most: number): HeatRow[][] {
  const found: HeatRow[][] = [];
  let piece: HeatRow[] = [];
  for (const row of rows) {
    piece.push(row);
    if (piece.length < most && !open(row)) continue;
    found.push(piece);
    piece = [];
  }
  return piece.length ? [...found, piece] : found;
}

/** How rows are drawn: `pitch` in pixels, cells in parts of it. */
export interface RowShape {
  pitch: number;
  top: number;
  height: number;
}

/** Names beside their cells. */
export const BESIDE: RowShape = { pitch: 22, top: 0.08, height: 0.84 };
/** Names above their cells, where there is no room beside them. */
export const ABOVE: RowShape = { pitch: 40, top: 0.52, height: 0.44 };

/** One path for each level from 1 up, and first one for cells that are unknown though their window is judged. */
export function heatPaths(rows: readonly HeatRow[], shading: Shading, first: number, last: number, judged: readonly boolean[], shape = BESIDE): string[] {
  const paths = Array.from({ length: shading.cuts.length + 1 }, () => "");
  rows.forEach((row, y) => {
    const cells = row[shading.by];
    const level = (x: number) => {
      if (exists(cells[x])) return levelOf(shading, cells[x]);
      return judged[x] && cells.length ? UNKNOWN : 0;
    };
    for (let x = first; x <= last; ) {
      const own = level(x);
      let end = x + 1;
      while (end <= last && level(end) === own) end++;
      if (own) paths[Math.max(0, own)] += `M${x} ${y + shape.top}h${end - x}v${shape.height}h${x - end}z`;
      x = end;
    }
  });
  return paths;
}

const UNKNOWN = -1;

export interface Peak {
  window: number;
  value: number;
}

/** The largest cell of a row among the current windows. */
export function peakOf(row: HeatRow, { by }: Shading, timeline: Timeline): Peak | null {
  let peak: Peak | null = null;
  row[by].forEach((value, window) => {
    if (timeline.windows[window]?.side !== "current" || !exists(value)) return;
    if (!peak || value > peak.value) peak = { window, value };
  });
  return peak;
}

/** A surprise in words: how much rarer than what the budget lets pass. */
export function surpriseWords(surprise: Maybe<number>, budget: Maybe<Budget>): string {
  if (!exists(surprise)) return "not judged";
  const [alert, warning] = [budget?.threshold, budget?.threshold_warning];
  if (!exists(alert)) return `surprise ${number(surprise)}`;
  if (surprise > alert) return `beyond the alert threshold: ${rarer(surprise - alert)}`;
  if (exists(warning) && surprise > warning) return "beyond the warning threshold";
  return `below the ${exists(warning) ? "warning " : ""}threshold`;
}

function rarer(excess: number): string {
  // A surprise is minus the logarithm of a tail probability.
  if (excess > Math.log(1e6)) return "over a million times rarer";
  const times = Math.exp(excess);
  return times < 1.5 ? "just beyond it" : `${number(Number(times.toPrecision(times < 10 ? 1 : 2)))} times rarer`;
}

/** The size of a change in words: distances on 0..1 mean the same for every column. */
export function sizeWords(effect: Maybe<number>): string {
  if (!exists(effect)) return "";
  const word = effect < 0.05 ? "less than minor" : effect < 0.1 ? "minor" : effect < 0.2 ? "moderate" : "major";
  return `changed by ${number(effect)} of 1, ${word}`;
}
