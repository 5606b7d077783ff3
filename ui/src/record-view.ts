// Questions asked of a record. Nothing here computes a statistic.
import type { ColumnResult, Effect, MetricInfo, MonitorResult, ReportRecord, Verdict } from "./record.ts";
import { exists, plural, quantity, THIN, words } from "./format.ts";
import type { Order } from "./state.ts";

export const SEVERITY: Record<Verdict, number> = { alert: 0, warning: 1, unknown: 2, ok: 3 };

export const VERDICT_WORD: Record<Verdict, string> = {
  alert: "Alert",
  warning: "Warning",
  unknown: "Not judged",
  ok: "Quiet",
};

/** Roles whose values are not compared by design. */
const SILENT_ROLES = new Set(["id", "timestamp", "entity", "weight", "ignored", "version"]);

export interface Sorted {
  loud: ColumnResult[];
  unjudged: ColumnResult[];
  quiet: ColumnResult[];
  silent: ColumnResult[];
}

const ESTIMATED = "estimated_";

export function title({ metrics }: ReportRecord, key: string): string {
  const known = metrics[key]?.title;
  if (known) return known;
  if (key === "mmd") return "Maximum mean discrepancy";
  const estimated = key.startsWith(ESTIMATED) && metrics[key.slice(ESTIMATED.length)]?.title;
  return estimated ? `${estimated}, estimated` : words(key);
}

export function info(record: ReportRecord, key: string): MetricInfo | undefined {
  return record.metrics[key];
}

export function unitOf(record: ReportRecord, key: string): string {
  return record.metrics[key]?.unit || (key.endsWith("_share") ? "share" : "");
}

/** What a change between both sides was computed from. */
export function rowsWords(reference: number, current: number, interval = true): string {
  return `${plural(current, "current row")} against ${plural(reference, "row")} of the reference${interval ? `; 95${THIN}% interval` : ""}`;
}

/** Columns by what a reader must do with them, in the chosen order. */
export function sortColumns(columns: readonly ColumnResult[], query: string, order: Order): Sorted {
  const wanted = query.trim().toLocaleLowerCase();
  const found = wanted ? columns.filter((column) => matches(column, wanted)) : [...columns];
  const sorted =
    order === "name"
      ? found.sort((a, b) => a.name.localeCompare(b.name))
      : found.sort((a, b) => SEVERITY[a.verdict] - SEVERITY[b.verdict]);
  const result: Sorted = { loud: [], unjudged: [], quiet: [], silent: [] };
  for (const column of sorted) {
    if (column.verdict === "alert" || column.verdict === "warning") result.loud.push(column);
    else if (SILENT_ROLES.has(column.role) || (column.verdict === "ok" && !column.effect)) result.silent.push(column);
    else if (column.verdict === "unknown") result.unjudged.push(column);
    else result.quiet.push(column);
  }
  return result;
}

function matches(column: ColumnResult, wanted: string): boolean {
  return [column.name, column.sentence, column.role, column.kind].some((text) =>
    text.toLocaleLowerCase().includes(wanted),
  );
}

/** The right end of the axis that all effects of one unit share. */
export function effectLimit(columns: readonly ColumnResult[], unit: string): number {
  let limit = 0.1;
  for (const { effect } of columns) {
    if (effect && effect.unit === unit) limit = Math.max(limit, extent(effect));
  }
  return Math.min(1, limit * 1.08);
}

function extent(effect: Effect): number {
  return Math.max(...[effect.value, effect.high, effect.floor].filter(exists).map(Math.abs), 0);
}

export function countBy(columns: readonly ColumnResult[], verdict: Verdict): number {
  return columns.filter((column) => column.verdict === verdict).length;
}

/** Alerts, warnings, what is not judged, the rest; each in the order of declaration. */
export function loudFirst(monitors: readonly MonitorResult[]): MonitorResult[] {
  return [...monitors].sort((a, b) => SEVERITY[a.verdict] - SEVERITY[b.verdict]);
}

/** What a monitor allows: `at least 100`, `0.78 to 0.86`. */
export function limits({ low, high, unit }: MonitorResult): string {
  if (exists(low) && exists(high)) return `${quantity(low, unit)} to ${quantity(high, unit)}`;
  if (exists(low)) return `at least ${quantity(low, unit)}`;
  return exists(high) ? `at most ${quantity(high, unit)}` : "unknown";
}
