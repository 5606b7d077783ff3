// Times in the viewer's zone, with UTC on hover.
import { dated, number, THIN } from "../format.ts";

export const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

const DAY = new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "short" });
const CLOCK = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

/** `Tue 3 Jun, 14:00`; of another year than now's `Tue 3 Jun 2025, 14:00`. */
export function momentWords(instant: string, now = new Date()): string {
  const at = new Date(instant);
  if (Number.isNaN(at.getTime())) return "an unknown time";
  const year = at.getFullYear() === now.getFullYear() ? "" : ` ${at.getFullYear()}`;
  // British English has one month of four letters.
  return `${DAY.format(at).replace(",", "").replace("Sept", "Sep")}${year}, ${CLOCK.format(at)}`;
}

/** `2026-06-03 12:00:00 UTC`. */
export function utcWords(instant: string): string {
  const at = new Date(instant);
  return Number.isNaN(at.getTime()) ? "" : `${at.toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

/** A sentence of the server with its moments in the viewer's zone, and its dates as others of the page are. */
export function told(text: string): string {
  return dated(text.replace(/\b(\d{4}-\d\d-\d\d) (\d\d:\d\d) UTC\b/g, (_, day: string, clock: string) => momentWords(`${day}T${clock}Z`)));
}

/** A moment as the viewer's clocks show it. */
export function Moment({ at }: { at: string }) {
  return (
    <time class="keep" dateTime={at} title={utcWords(at)}>
      {momentWords(at)}
    </time>
  );
}

const STEPS = [
  [86_400, "d"],
  [3_600, "h"],
  [60, "min"],
  [1, "s"],
] as const;

/** `4 s`, `3 min`, `2 h`, `5 d`. */
export function lasting(seconds: number): string {
  const [size, unit] = stepOf(seconds);
  return `${Math.floor(seconds / size)}${THIN}${unit}`;
}

/** The same with the digits that matter: `2.5 d`. */
export function duration(seconds: number): string {
  const [size, unit] = stepOf(seconds);
  return `${number(Number((seconds / size).toPrecision(3)))}${THIN}${unit}`;
}

function stepOf(seconds: number) {
  return STEPS.find(([size]) => seconds >= 2 * size) ?? ([1, "s"] as const);
}
