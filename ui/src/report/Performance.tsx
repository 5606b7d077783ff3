import type { Confusion, PerformanceValue, ReportRecord } from "../record.ts";
import { ChangeBar } from "../charts/EffectBar.tsx";
import { CurveChart } from "../charts/CurveChart.tsx";
import { Key } from "../components/ColumnDetail.tsx";
import { Mark, Shape } from "../components/Mark.tsx";
import { classSheet, confusionSheet, performanceSheet } from "../components/sheets.ts";
import { Csv } from "../components/Tools.tsx";
import { changeBetween, declared, exists, number, percent, plural, quantity, signed, unitWords, withInterval } from "../format.ts";
import { info, rowsWords, SEVERITY, title, unitOf } from "../record-view.ts";
import type { Control } from "../state.ts";

const MORE = "metrics";

/** How well the model does, on both sides: by the metrics that are judged, and on demand by all. */
export function Performance({ record, control }: { record: ReportRecord; control: Control }) {
  const { task, performance } = record;
  const judged = Object.entries(performance).filter(([, { floor, verdict }]) => floor != null || verdict === "alert" || verdict === "warning");
  const first = judged.length ? Object.fromEntries(judged) : performance;
  const rest = Object.keys(performance).length - Object.keys(first).length;
  const all = control.view.open.has(MORE);
  const small = task.confusion != null && task.confusion.classes.length <= 2;
  if (!Object.keys(performance).length) {
    return (
      <section id="performance" aria-label="Performance">
        <h2>Performance</h2>
        <p class="reason">{task.reason || "No performance was computed: there are no labels."}</p>
      </section>
    );
  }
  return (
    <section id="performance" aria-label="Performance">
      <div class="section-head">
        <h2>Performance</h2>
        <p class="note">{taskWords(record)}</p>
        <Key />
        <Csv sheet={performanceSheet(record)} />
      </div>
      {task.sentence && <p class={`sentence ${task.verdict}`}>{task.sentence}</p>}
      {task.reason && <p class="reason">{task.reason}</p>}
      <div class={small ? "with-aside" : ""}>
        <div>
          <PerformanceTable record={record} values={all ? performance : first} />
          {rest > 0 && (
            <button type="button" class="more" aria-expanded={all} onClick={() => control.toggle(MORE)}>
              {all ? "Show only the metrics that are judged" : `Show ${plural(rest, "more metric")}, which are not judged`}
            </button>
          )}
        </div>
        {task.confusion && small && <ConfusionTable confusion={task.confusion} />}
      </div>
      {task.curves.length > 0 && (
        <div class="curves">
          {task.curves.map((curve) => (
            <CurveChart curve={curve} />
          ))}
        </div>
      )}
      {task.confusion && !small && <ConfusionTable confusion={task.confusion} />}
      {Object.keys(task.per_class).length > 0 && <PerClass record={record} />}
    </section>
  );
}

function taskWords({ task, performance }: ReportRecord): string {
  const rows = Math.max(...Object.values(performance).map((value) => value.rows_current), 0);
  const parts = [task.kind ?? "", task.positive != null ? `positive: ${task.positive}` : ""];
  if (exists(task.threshold)) parts.push(`threshold ${declared(task.threshold)}${task.threshold_why ? `, ${task.threshold_why}` : ""}`);
  if (rows) parts.push(`${plural(rows, "labelled row")} now`);
  return parts.filter(Boolean).join(" · ");
}

/** Performance numbers: `0.843 ±0.006 · reference 0.871`, worst first. */
export function PerformanceTable({ record, values }: { record: ReportRecord; values: Record<string, PerformanceValue> }) {
  const entries = Object.entries(values).sort(([, a], [, b]) => rank(a) - rank(b));
  const bounded = (key: string) => unitOf(record, key) === "share" || (info(record, key)?.range[1] ?? 9) <= 1 || unbounded(values[key]!);
  const limit = changeLimit(entries.filter(([key]) => bounded(key)).map(([, value]) => value));
  return (
    <div class="scroll">
      <table class="performance">
        <thead>
          <tr>
            <th>Metric</th>
            <th class="judged">Verdict</th>
            <th class="n">Reference</th>
            <th class="n">Current</th>
            <th class="n">Change</th>
            <th class="wide">95 % interval of the change</th>
          </tr>
        </thead>
        <tbody>
          {entries.map(([key, value]) => (
            <tr class={value.verdict} title={measuredOf(value, unitOf(record, key))}>
              <th scope="row" title={info(record, key)?.summary}>
                {value.verdict !== "ok" && (
                  <span class={`mark narrow ${value.verdict}`}>
                    <Shape verdict={value.verdict} />
                  </span>
                )}
                {title(record, key)}
              </th>
              {exists(value.current) || exists(value.reference) ? (
                <>
                  <td class="judged">
                    {value.reason ? (
                      <span class="note">{value.reason}</span>
                    ) : value.verdict === "ok" ? (
                      <span class="muted">{exists(value.floor) ? "quiet" : "shown only"}</span>
                    ) : (
                      <Mark verdict={value.verdict} />
                    )}
                  </td>
                  <td class="n was">{quantity(value.reference, unitOf(record, key))}</td>
                  <td class="n">{withInterval(value.current, value.low, value.high, unitOf(record, key))}</td>
                  <td class="n" title={changeTitle(value, unitOf(record, key))}>
                    {signed(value.change, unitOf(record, key))}
                    {exists(value.change_low) && exists(value.change_high) && <span class="narrow note">{changeBetween(value.change_low, value.change_high, unitOf(record, key))}</span>}
                  </td>
                  <td class="wide" title={changeTitle(value, unitOf(record, key))}>
                    {exists(value.change) && exists(value.change_low) && exists(value.change_high) && (
                      <ChangeBar
                        value={value.change}
                        low={value.change_low}
                        high={value.change_high}
                        limit={bounded(key) ? limit : changeLimit([value])}
                        floor={value.floor ?? null}
                        verdict={value.verdict}
                      />
                    )}
                  </td>
                </>
              ) : (
                <td colSpan={5} class="note">
                  {value.reason ?? "no value"}
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** The interval of a change, and what it was computed from. */
/** The rows of both sides, and the unit where it is that of the data. */
function measuredOf(value: PerformanceValue, unit: string): string {
  return [rowsWords(value.rows_reference, value.rows_current, exists(value.low)), unitWords(unit)].filter(Boolean).join("; ");
}

function changeTitle(value: PerformanceValue, unit: string): string {
  const rows = [rowsWords(value.rows_reference, value.rows_current, false), unitWords(unit)].filter(Boolean).join("; ");
  return exists(value.change_low) && exists(value.change_high) ? `95 % interval ${changeBetween(value.change_low, value.change_high, unit)}; ${rows}` : rows;
}

/** Worst first; among the quiet, those that vote; last those without a value. */
function rank(value: PerformanceValue): number {
  return (exists(value.current) || exists(value.reference) ? 0 : 100) + 2 * SEVERITY[value.verdict] + (value.floor == null ? 1 : 0);
}

function unbounded(value: PerformanceValue): boolean {
  return [value.reference, value.current].every((x) => exists(x) && Math.abs(x) <= 1);
}

function changeLimit(values: PerformanceValue[]): number {
  const extents = values.flatMap((value) => [value.change_low, value.change_high, value.floor]).filter(exists);
  return Math.max(...extents.map(Math.abs), 1e-12) * 1.05;
}

const MOST_CLASSES = 12;

function ConfusionTable({ confusion }: { confusion: Confusion }) {
  if (confusion.classes.length > MOST_CLASSES) {
    return (
      <div class="confusion">
        <p class="note">The confusion matrix has {confusion.classes.length} classes, too many to show here.</p>
        <Csv sheet={confusionSheet(confusion)} />
      </div>
    );
  }
  return (
    <div class="scroll confusion">
      <h3>Confusion matrix</h3>
      <table>
        <thead>
          <tr>
            <th>Label ↓ predicted →</th>
            {confusion.classes.map((name) => (
              <th class="n">
                <bdi>{name}</bdi>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {confusion.classes.map((name, i) => (
            <tr>
              <th scope="row">
                <bdi>{name}</bdi>
              </th>
              {confusion.classes.map((_, j) => (
                <td class={`n${i === j ? " hit" : ""}`} title={cellWords(confusion, i, j)}>
                  <strong>{percent(rowShare(confusion.current, i, j))}</strong> <span class="muted">{number(confusion.current[i]?.[j])}</span>
                  <br />
                  <span class="was">{percent(rowShare(confusion.reference, i, j))}</span>{" "}
                  <span class="muted">{number(confusion.reference[i]?.[j])}</span>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      <p class="note">Shares of each label's rows; current above, reference below in grey.</p>
      <Csv sheet={confusionSheet(confusion)} />
    </div>
  );
}

/** `2738 of 3659 current rows with label 0, 76 484 of 79 253 of the reference`. */
function cellWords({ classes, current, reference }: Confusion, i: number, j: number): string {
  const [now, before] = [current, reference].map((matrix) => `${number(matrix[i]?.[j] ?? 0)} of ${number((matrix[i] ?? []).reduce((sum, count) => sum + count, 0))}`);
  return `${now} current rows with label ${classes[i]}, ${before} of the reference`;
}

function rowShare(matrix: number[][], i: number, j: number): number | null {
  const row = matrix[i] ?? [];
  const total = row.reduce((sum, count) => sum + count, 0);
  return total ? (row[j] ?? 0) / total : null;
}

function PerClass({ record }: { record: ReportRecord }) {
  const classes = Object.entries(record.task.per_class);
  const keys = [...new Set(classes.flatMap(([, values]) => Object.keys(values)))];
  return (
    <div class="scroll per-class">
      <h3>By class</h3>
      <table>
        <thead>
          <tr>
            <th>Class</th>
            {keys.map((key) => (
              <th class="n">{title(record, key)}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {classes.map(([name, values]) => (
            <tr>
              <th scope="row">
                <bdi>{name}</bdi>
              </th>
              {keys.map((key) => (
                <td class="n" title={values[key] && rowsWords(values[key].rows_reference, values[key].rows_current, exists(values[key].low))}>
                  {values[key] && exists(values[key].current) ? (
                    <>
                      {withInterval(values[key].current, values[key].low, values[key].high, unitOf(record, key))}
                      <br />
                      <span class="was">{quantity(values[key].reference, unitOf(record, key))}</span>
                    </>
                  ) : (
                    <span class="note">{values[key]?.reason ?? "no value"}</span>
                  )}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      <p class="note">Each class against all others; current above, reference below in grey.</p>
      <Csv sheet={classSheet(record)} />
    </div>
  );
}
