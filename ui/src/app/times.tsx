// Times in the viewer's zone, with UTC on hover.
export const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

const DAY = new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "short" });
const CLOCK = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

/** `Tue 3 Jun, 14:00`. */
export function momentWords(instant: string): string {
  const at = new Date(instant);
  return Number.isNaN(at.getTime()) ? "an unknown time" : `${DAY.format(at).replace(",", "")}, ${CLOCK.format(at)}`;
}

/** `2026-06-03 12:00:00 UTC`. */
export function utcWords(instant: string): string {
  const at = new Date(instant);
  return Number.isNaN(at.getTime()) ? "" : `${at.toISOString().slice(0, 19).replace("T", " ")} UTC`;
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
  const [size, unit] = STEPS.find(([size]) => seconds >= 2 * size) ?? [1, "s"];
  return `${Math.floor(seconds / size)}\u202f${unit}`;
}
