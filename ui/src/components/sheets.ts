// The numbers behind pictures of columns, curves and metrics, as tables.
import type { Sheet } from "../csv.ts";
import { title, unitOf } from "../record-view.ts";
import type { ColumnResult, Confusion, Curve, Distribution, PerformanceValue, ReportRecord } from "../record.ts";

/** Shares of both sides in the cells that are drawn. */
export function distributionSheet(column: string, { edges, labels, reference, current }: Distribution): Sheet {
  const cell = (i: number) => (edges ? [edges[i], edges[i + 1]] : [labels?.[i]]);
  return {
    name: `${column || "column"} distribution`,
    head: [...(edges ? ["from", "to"] : ["value"]), "reference share", "current share"],
    rows: () => reference.map((share, i) => [...cell(i), share, current[i]]),
  };
}

/** What was found of each column. */
export function columnsSheet(record: ReportRecord, columns: readonly ColumnResult[], name: string): Sheet {
  const head = ["column", "role", "kind", "verdict", "effect in", "effect", "low", "high", "unit", "floor", "p", "adjusted p", "detectable", "what happened"];
  const rows = () =>
    columns.map(({ effect, ...column }) => [
      column.name, column.role, column.kind, column.verdict,
      effect && title(record, effect.metric), effect?.value, effect?.low, effect?.high, effect?.unit, effect?.floor,
      column.p_value, column.p_value_adjusted, column.detectable, column.sentence || column.reason,
    ]);
  return { name, head, rows };
}

const MEASURED = ["unit", "verdict", "reference", "current", "low", "high", "change", "change, low", "change, high", "floor", "reference rows", "current rows"];

function measured(record: ReportRecord, key: string, value: PerformanceValue) {
  return [
    title(record, key), unitOf(record, key), value.verdict, value.reference, value.current, value.low, value.high,
    value.change, value.change_low, value.change_high, value.floor, value.rows_reference, value.rows_current,
  ];
}

/** Every metric of both sides, and of each class. */
export function performanceSheet(record: ReportRecord): Sheet {
  const { performance, task } = record;
  const parts = [["", performance] as const, ...Object.entries(task.per_class)];
  const rows = () => parts.flatMap(([name, values]) => Object.entries(values).map(([key, value]) => [name, ...measured(record, key, value)]));
  return { name: "performance", head: ["class", "metric", ...MEASURED], rows };
}

/** Every metric of each class. */
export function classSheet(record: ReportRecord): Sheet {
  const rows = () => Object.entries(record.task.per_class).flatMap(([name, values]) => Object.entries(values).map(([key, value]) => [name, ...measured(record, key, value)]));
  return { name: "performance by class", head: ["class", "metric", ...MEASURED], rows };
}

/** Rows of both sides by what they were and what was predicted. */
export function confusionSheet({ classes, reference, current }: Confusion): Sheet {
  const rows = () => classes.flatMap((label, i) => classes.map((predicted, j) => [label, predicted, reference[i]?.[j], current[i]?.[j]]));
  return { name: "confusion matrix", head: ["label", "predicted", "reference rows", "current rows"], rows };
}

/** Every metric of every segment. */
export function segmentSheet(record: ReportRecord): Sheet {
  const head = ["column", "value", "reference share", "current share", "metric", ...MEASURED];
  const rows = () =>
    record.segments.flatMap(({ column, value, share_reference, share_current, performance }) =>
      Object.entries(performance).map(([key, each]) => [column, value, share_reference, share_current, ...measured(record, key, each)]),
    );
  return { name: "segments", head, rows };
}

/** The points of both sides' curves. */
export function curveSheet({ title: name, x, y, reference, current }: Curve): Sheet {
  const rows = () => (["reference", "current"] as const).flatMap((side) => (side === "reference" ? reference : current).map(([a, b]) => [side, a, b]));
  return { name, head: ["side", x, y], rows };
}
