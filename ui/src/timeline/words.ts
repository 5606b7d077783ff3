// The budget and the alerts in sentences.
import type { Budget, Labels, Timeline, TimelineAlert, TimelineSeries } from "../record.ts";
import { capital, declared, exists, fixed, number, percent, plural, unitWords } from "../format.ts";
import type { Clock } from "./clock.ts";
import type { Scene } from "./scene.ts";

const HOUR = 3_600_000;

/** `1 false alert in 30 days`, `0.5 false alerts in 30 days, its share of the fleet's 4`. */
export function rate({ alerts, days, fleet }: Pick<Budget, "alerts" | "days" | "fleet">): string {
  const share = exists(fleet) ? `, its share of the fleet's ${declared(fleet)}` : "";
  return `${declared(Number(alerts.toPrecision(3)))} false ${alerts === 1 ? "alert" : "alerts"} in ${declared(days)} ${days === 1 ? "day" : "days"}${share}`;
}

/** What is allowed, what is to be expected of it, and what was seen. */
export function budgetSentence(timeline: Timeline): string {
  const { budget } = timeline;
  if (timeline.versions.length) return "Each version of the model is a window, compared with the baseline and with the version before it.";
  if (!budget) return "";
  const allowed = budget.stated ? `You allow ${rate(budget)}.` : `No budget is stated; windows are shown at ${rate(budget)}.`;
  const seen = `${budget.observed === 0 ? "no alerts" : plural(budget.observed, "alert")} seen`;
  const expected = exists(budget.expected) ? `expected in these ${lengthOf(timeline)}: ${fixed(budget.expected, 1)}; ` : "";
  return `${allowed} ${capital(`${expected}${seen}`)}${openWords(timeline.alerts)}.`;
}

function openWords(alerts: TimelineAlert[]): string {
  const open = alerts.filter((alert) => alert.tier === "alert" && alert.closed == null).length;
  return open ? `, ${open} still open` : "";
}

/** What the budget's judgement means for the verdict. */
export function decisionSentence({ budget, reason, first_weeks, versions }: Timeline): string {
  if (versions.length) return budget?.decides ? "The verdict of this report follows from them; they warn at most." : "They are shown and do not decide the verdict.";
  if (first_weeks) return first_weeks.sentence;
  if (!budget) return reason ? `Windows are not judged: ${reason}.` : "Windows are not judged.";
  if (!budget.supported) return `This budget is not supported: ${budget.reason || "the reference is too short"}. Windows are shown and do not decide.`;
  const how = budget.decides ? "The verdict of this report follows from these windows." : "Windows are shown and do not decide the verdict.";
  return budget.reason ? `${how} ${capital(budget.reason)}.` : how;
}

/** `46 days`, `30 hours`: from the first to the last current window. */
export function lengthOf({ windows }: Timeline): string {
  const current = windows.filter((window) => window.side === "current");
  const hours = (Date.parse(current.at(-1)?.end ?? "") - Date.parse(current[0]?.start ?? "")) / HOUR;
  if (!exists(hours)) return "0 days";
  if (hours < 48) return plural(Math.round(hours), "hour");
  return plural(Math.round(hours / 24), "day");
}

/** `25 Jun, still open` or `14 Jun to 20 Jun`, and how long that was. */
export function alertWords(alert: TimelineAlert, clock: Clock): string {
  const since = clock.start(alert.opened);
  if (clock.names.length) return since;
  if (alert.closed == null) return `since ${since}, still open`;
  const windows = plural(alert.closed - alert.opened, "window");
  return `${since} to ${clock.start(alert.closed)} (${windows})`;
}

/** The start of the window in which the last alert closed, ISO 8601; null: none has. */
export function lastOver({ alerts, windows }: Pick<Timeline, "alerts" | "windows">): string | null {
  const closed = alerts.filter(({ tier }) => tier === "alert").flatMap(({ closed }) => closed ?? []);
  return closed.length ? (windows[Math.max(...closed)]?.start ?? null) : null;
}

/** Alerts before warnings, open before closed, the latest first. */
export function worstFirst(alerts: readonly TimelineAlert[]): { alert: TimelineAlert; id: number }[] {
  const severity = ({ tier, closed }: TimelineAlert) => (tier === "alert" ? 0 : 2) + (closed == null ? 0 : 1);
  return alerts.map((alert, id) => ({ alert, id })).sort((a, b) => severity(a.alert) - severity(b.alert) || b.alert.opened - a.alert.opened);
}

/** `Tue 3 Jun: 1 204 rows`. */
export function windowWords({ timeline, clock }: Scene, window: number): string {
  const { windows } = timeline;
  return windows[window] ? `${clock.span(window)}: ${plural(windows[window].rows, "row")}` : "";
}

/** What a value of a window was computed from. */
export function fromWords(scene: Scene, { values, low, high, labelled, estimated, unit }: TimelineSeries, window: number): string {
  if (!exists(values[window])) return "";
  const share = estimated ? null : labelled[window];
  const told = exists(share) ? `, ${percent(share)} of them with a label` : "";
  const interval = exists(low[window]) && exists(high[window]) ? "; 95\u202f% interval" : "";
  return [`${windowWords(scene, window)}${told}${interval}`, unitWords(unit)].filter(Boolean).join("; ");
}

/** What is to be known of a window whose labels are not all there. */
export function provisionalSentence({ maturity, low, high, delays, reason }: Labels, window: number): string {
  const share = maturity[window];
  const [least, most] = [low[window], high[window]];
  const interval = exists(least) && exists(most) ? ` (${percent(least)} to ${percent(most)})` : "";
  const said = exists(share) ? `${percent(share)}${interval} of the labels expected of this window have come. ` : "";
  return said + (delays.length > 1 ? "Corrected for classes whose labels come sooner." : `Not corrected for early labels${reason && `: ${reason}`}.`);
}

/** How complete the labels of the current table are; "" where none is missing. */
export function labelsSentence({ labels, windows }: Timeline): string {
  if (!labels || !exists(labels.share)) return "";
  const waiting = windows.filter((window, i) => window.side === "current" && window.rows && labels.provisional[i]).length;
  if (!waiting) return "";
  const delays = labels.delays.filter(({ half, most }) => exists(half) && exists(most));
  const took = delays.map(({ name, half, most }) => `${name ? `labels ${name}` : "labels"}: half within ${number(half)} days, 90\u2009% within ${number(most)}`);
  const known = took.length ? ` In the reference they took (${took.join("; ")}).` : "";
  return `Labels: ${percent(labels.share)} of those expected have come; ${plural(waiting, "window")} provisional.${known}`;
}

/** Rows that are in no window. */
export function leftOut({ far, untimed }: Timeline): string {
  const parts = [untimed && `${plural(untimed, "row")} without a time`, far && `${plural(far, "row")} far from all other times`];
  const said = parts.filter(Boolean).join(" and ");
  return said ? `In no window: ${said}.` : "";
}

export function thresholds(budget: Budget): string {
  if (!exists(budget.threshold)) return "none";
  const warning = exists(budget.threshold_warning) ? `, warning ${number(budget.threshold_warning)}` : "";
  return `alert ${number(budget.threshold)}${warning}`;
}
