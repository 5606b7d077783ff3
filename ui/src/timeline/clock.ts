// Moments of the windows in the calendar of the record's zone.
import type { WindowResult } from "../record.ts";
import { type Axis, ofVersions } from "./axis.ts";

const FIELDS = ["year", "month", "day", "hour", "minute"] as const;
type Parts = Record<(typeof FIELDS)[number], number>;

export interface Clock {
  /** The zone that is shown; UTC where the record's is not known here. */
  zone: string;
  /** Parts of each window's first moment. */
  starts: Parts[];
  /** What each window is called where windows are versions of the model; else none. */
  names: string[];
  /** `Tue 3 Jun 2026`, `1 Jun to 7 Jun 2026`: the days that it touches. */
  days(window: number): string;
  /** The same, or `Tue 3 Jun 2026, 14:00 to 15:00`; after the name of the version where windows are versions. */
  span(window: number): string;
  /** `Tue 3 Jun 2026` or, where windows are shorter than a day, `Tue 3 Jun 2026, 14:00`. */
  start(window: number): string;
}

export interface Tick {
  window: number;
  text: string;
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

export function clockOf(zone: string, windows: readonly WindowResult[]): Clock {
  const format = formatter(zone);
  const parts = (moment: number): Parts => {
    const found = { year: 0, month: 0, day: 0, hour: 0, minute: 0 };
    for (const { type, value } of format.formatToParts(moment)) if (type in found) found[type as keyof Parts] = Number(value);
    return found;
  };
  const starts = windows.map((window) => parts(Date.parse(window.start)));
  const daily = starts.every((at) => at.hour === 0 && at.minute === 0);
  const start = (window: number) => {
    const at = starts[window];
    if (!at) return "";
    return daily ? dated(at) : `${dated(at)}, ${timed(at)}`;
  };
  const days = (window: number) => {
    const [from, end] = [starts[window], windows[window]?.end];
    if (!from || !end) return "";
    const final = parts(Date.parse(end) - 1);
    return sameDay(from, final) ? dated(from) : `${short(from, from.year !== final.year)} to ${short(final, true)}`;
  };
  const span = (window: number) => {
    const [from, end] = [starts[window], windows[window]?.end];
    if (!from || !end) return "";
    const until = parts(Date.parse(end));
    const final = parts(Date.parse(end) - 1);
    if (daily) return days(window);
    return `${dated(from)}, ${timed(from)} to ${sameDay(from, final) ? "" : `${dated(until)}, `}${timed(until)}`;
  };
  const names = ofVersions(windows) ? windows.map(({ version, side }) => version || side) : [];
  const named = (window: number) => (windows[window]?.version ? `version ${names[window]}` : `the ${names[window]}`);
  return {
    zone: format.resolvedOptions().timeZone,
    starts,
    names,
    days,
    span: names.length ? (window) => `${named(window)}, ${span(window)}` : span,
    start: names.length ? named : start,
  };
}

function formatter(zone: string): Intl.DateTimeFormat {
  const options = { year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", hourCycle: "h23" } as const;
  try {
    return new Intl.DateTimeFormat("en-GB", { ...options, timeZone: zone });
  } catch {
    return new Intl.DateTimeFormat("en-GB", { ...options, timeZone: "UTC" });
  }
}

function sameDay(a: Parts, b: Parts): boolean {
  return a.day === b.day && a.month === b.month && a.year === b.year;
}

function short(at: Parts, year = false): string {
  return `${at.day} ${MONTHS[at.month - 1]}${year ? ` ${at.year}` : ""}`;
}

function dated(at: Parts): string {
  return `${DAYS[weekday(at)]} ${short(at, true)}`;
}

function timed(at: Parts): string {
  return `${String(at.hour).padStart(2, "0")}:${String(at.minute).padStart(2, "0")}`;
}

function dayNumber(at: Parts): number {
  return Math.round(Date.UTC(at.year, at.month - 1, at.day) / 86_400_000);
}

function weekday(at: Parts): number {
  return (dayNumber(at) + 4) % 7;
}

/** Calendar steps, coarse to fine: windows in which the number changes begin a new one. */
const STEPS: { step(at: Parts): number; text(at: Parts): string }[] = [
  { step: (at) => at.year, text: (at) => String(at.year) },
  { step: (at) => at.year * 4 + Math.floor((at.month - 1) / 3), text: month },
  { step: (at) => at.year * 12 + at.month, text: month },
  { step: (at) => Math.floor((dayNumber(at) + 3) / 7), text: short },
  { step: dayNumber, text: short },
  { step: (at) => dayNumber(at) * 4 + Math.floor(at.hour / 6), text: hour },
  { step: (at) => dayNumber(at) * 24 + at.hour, text: hour },
];

function month(at: Parts): string {
  return at.month === 1 ? String(at.year) : MONTHS[at.month - 1]!;
}

function hour(at: Parts): string {
  return at.hour === 0 && at.minute === 0 ? short(at) : timed(at);
}

/** Marks of the axis: the finest calendar step of which no more than `most` begin in view. */
export function ticks(clock: Clock, axis: Axis, most = 9): Tick[] {
  let chosen: Tick[] = [];
  for (const { step, text } of STEPS) {
    const found = axis.runs.flatMap((run) => {
      const marks: Tick[] = [];
      for (let i = Math.max(run.first, run.whole.first + 1); i <= run.last; i++) {
        const [before, at] = [clock.starts[i - 1]!, clock.starts[i]!];
        if (step(before) !== step(at)) marks.push({ window: i, text: text(at) });
      }
      return marks;
    });
    if (found.length > most) break;
    if (found.length > chosen.length) chosen = found;
  }
  return chosen.length >= 2 ? chosen : everySo(axis, Math.min(most, 6), (i) => (clock.starts[i] ? short(clock.starts[i]) : ""));
}

function everySo(axis: Axis, most: number, text: (window: number) => string): Tick[] {
  const [first, last] = axis.range;
  const step = Math.max(1, Math.ceil((last - first + 1) / most));
  const found: Tick[] = [];
  for (let i = first; i <= last && text(i); i += step) found.push({ window: i, text: text(i) });
  return found;
}
