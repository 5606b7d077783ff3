// The fleet in order and in words. Nothing here computes a statistic.
import type { FleetBudget, Line, ModelOverview } from "./api.ts";
import type { Sheet } from "../csv.ts";
import { exists, fixed, type Maybe, number, plural, THIN } from "../format.ts";
import type { Order } from "../state.ts";
import { rate } from "../timeline/words.ts";

/** What a reader must do with a model, worst first. */
export const STATES = ["alert", "warning", "problem", "waiting", "ok"] as const;
export type State = (typeof STATES)[number];

export function stateOf({ summary, open_alerts, problem }: ModelOverview): State {
  if (summary?.now === "alert" || open_alerts > 0) return "alert";
  if (problem) return "problem";
  if (summary?.now === "warning") return "warning";
  return summary?.now === "ok" ? "ok" : "waiting";
}

export interface Sorted {
  loud: ModelOverview[];
  quiet: ModelOverview[];
}

/** Models that need eyes in the chosen order, and those that do not. */
export function sortFleet(models: readonly ModelOverview[], order: Order): Sorted {
  const byName = (a: ModelOverview, b: ModelOverview) => a.name.localeCompare(b.name);
  const byHarm = (a: ModelOverview, b: ModelOverview) =>
    STATES.indexOf(stateOf(a)) - STATES.indexOf(stateOf(b)) || loss(b) - loss(a) || b.open_alerts - a.open_alerts || byName(a, b);
  const sorted = [...models].sort(order === "name" ? byName : byHarm);
  return { loud: sorted.filter((model) => stateOf(model) !== "ok"), quiet: sorted.filter((model) => stateOf(model) === "ok") };
}

/** How much worse than in the reference a model does at last, in widths of its interval; 0 where nobody knows. */
export function loss({ summary }: ModelOverview): number {
  const losses = (summary?.lines ?? []).map((line) => {
    const at = lastOf(line);
    if (at < 0 || !exists(line.reference)) return 0;
    const [value, low, high] = [line.values[at], line.low[at], line.high[at]];
    const width = exists(low) && exists(high) && high > low ? high - low : Math.abs(line.reference) || 1;
    return ((line.worse === "higher" ? 1 : -1) * (value! - line.reference)) / width;
  });
  return Math.max(0, ...losses);
}

/** A line for each number that a model is followed by, with its values in the windows that are drawn. */
export function fleetSheet(models: readonly ModelOverview[]): Sheet {
  const lines = models.flatMap((model) => (model.summary?.lines.length ? model.summary.lines : [undefined]).map((line) => ({ model, line })));
  const size = Math.max(0, ...lines.map(({ line }) => line?.values.length ?? 0));
  const back = Array.from({ length: size }, (_, i) => size - 1 - i);
  const head = ["model", "state", "version", "living alerts", "predictions per second", "seconds since the last row", "label share", "metric", "kind", "unit", "reference", "value", "low", "high"];
  const row = ({ model, line }: (typeof lines)[number]) => {
    const at = line ? lastOf(line) : -1;
    const own = [model.name, stateOf(model), model.version || model.summary?.versions[0], model.open_alerts, model.summary?.per_second, model.fresh_seconds, model.summary?.labelled];
    return [...own, line?.title, line?.kind, line?.unit, line?.reference, line?.values[at], line?.low[at], line?.high[at], ...back.map((before) => line?.values.at(-1 - before))];
  };
  return { name: "models", head: [...head, ...back.map((before) => (before ? `${before} windows before the latest` : "latest window"))], rows: () => lines.map(row) };
}

/** The latest window with a value whose labels are all there, else the latest with a value; -1: none. */
export function lastOf({ values, provisional }: Line): number {
  const settled = values.findLastIndex((value, i) => exists(value) && !provisional[i]);
  return settled >= 0 ? settled : values.findLastIndex(exists);
}

export interface Tally {
  alerts: number;
  warnings: number;
  problems: number;
  waiting: number;
  quiet: number;
}

export function tallyOf(models: readonly ModelOverview[]): Tally {
  const count = (state: State) => models.filter((model) => stateOf(model) === state).length;
  return { alerts: count("alert"), warnings: count("warning"), problems: count("problem"), waiting: count("waiting"), quiet: count("ok") };
}

/** Whether anything is wrong, in one sentence. */
export function headline(models: readonly ModelOverview[]): string {
  const { alerts, warnings, problems, waiting, quiet } = tallyOf(models);
  if (!models.length) return "No model yet";
  if (alerts) return alerts === models.length && alerts > 1 ? `All ${number(alerts)} models alert` : `${plural(alerts, "model")} ${alerts === 1 ? "alerts" : "alert"}`;
  if (problems) return `${plural(problems, "model")} cannot be judged`;
  if (warnings) return `No alert; ${plural(warnings, "model")} ${warnings === 1 ? "warns" : "warn"}`;
  if (quiet) return waiting ? `All quiet, as far as ${plural(quiet, "model")} can be judged` : "All quiet";
  return "Nothing is judged yet";
}

/** `9 models · 1 warns · 2 not judged · 5 quiet`. */
export function counts(models: readonly ModelOverview[]): string {
  const { warnings, problems, waiting, quiet } = tallyOf(models);
  const parts = [
    plural(models.length, "model"),
    warnings && `${number(warnings)} ${warnings === 1 ? "warns" : "warn"}`,
    problems && `${number(problems)} failing`,
    waiting && `${number(waiting)} not judged`,
    quiet && `${number(quiet)} quiet`,
  ];
  return parts.filter(Boolean).join(" · ");
}

/** What all models together may raise falsely, as it was set; "" where each has its own budget. */
export function allowedWords({ budget, shares }: FleetBudget): string {
  if (!budget) return "";
  const [first] = shares;
  if (!first || shares.some(({ days }) => days !== first.days)) return budget;
  return rate({ alerts: shares.reduce((sum, { alerts }) => sum + alerts, 0), days: first.days });
}

/** What the budgets allow to expect against what was seen; "" where no window is judged by one. */
export function seenWords({ expected, observed }: FleetBudget): string {
  if (!expected) return "";
  return `${plural(observed, "alert")} in the judged windows; the budgets allow ${fixed(expected, expected < 10 ? 1 : 0)} false ones in them`;
}

/** `1.2 k/s`, `12/min`, `180/day`: a rate in the unit that needs no zeros. */
export function rateWords(perSecond: Maybe<number>): string {
  if (!exists(perSecond)) return "";
  for (const [seconds, unit] of [[1, "s"], [60, "min"], [3_600, "h"]] as const) {
    if (perSecond * seconds >= 1) return `${short(perSecond * seconds)}/${unit}`;
  }
  return `${short(perSecond * 86_400)}/day`;
}

function short(value: number): string {
  if (value >= 1e6) return `${fixed(value / 1e6, value < 1e7 ? 1 : 0)}${THIN}M`;
  if (value >= 1_000) return `${fixed(value / 1_000, value < 1e4 ? 1 : 0)}${THIN}k`;
  return fixed(value, value < 10 ? 1 : 0);
}
