import assert from "node:assert/strict";
import { test } from "vitest";
import type { TimelineAlert, WindowResult } from "../record.ts";
import { layout, runsOf } from "./axis.ts";
import { barsOf, shortNames } from "./bars.ts";

const DAY = 86_400_000;
const windows = Array.from({ length: 100 }, (_, i) => ({
  side: "current", start: new Date(i * DAY).toISOString(), end: new Date((i + 1) * DAY).toISOString(), rows: 1, verdict: "ok", reason: "",
})) as WindowResult[];
const runs = runsOf(windows);
const alert = (opened: number, last: number, closed: number | null) => ({ tier: "alert", opened, last, closed, sources: [], sentence: "" }) as TimelineAlert;

test("bars on one track leave each other room, however short they are", () => {
  const alerts = [alert(0, 0, 0), alert(1, 1, 1), alert(2, 2, 2), alert(3, 30, 40), alert(10, 11, 12), alert(60, 99, null)];
  const bars = barsOf(alerts, 99, layout(runs, [0, 99]));
  for (const a of bars) {
    for (const b of bars) {
      if (a.id < b.id && a.track === b.track) assert.ok(Math.max(a.right, a.left + 0.018) <= b.left, `${a.id} under ${b.id}`);
    }
  }
  assert.equal(Math.max(...bars.map((bar) => bar.track)), 1);
});

test("a warning that is over takes the room of the windows that it was about", () => {
  const past = { ...alert(10, 19, 40), tier: "warning" } as TimelineAlert;
  const [bar] = barsOf([past], 99, layout(runs, [0, 99]));
  assert.ok(Math.abs(bar!.right - 0.2) < 1e-9);
  assert.equal(bar!.loud, 1);
});

test("an open alert reaches the end, and what is out of view has no bar", () => {
  const bars = barsOf([alert(2, 4, 6), alert(20, 29, null)], 99, layout(runs, [10, 99]));
  assert.deepEqual(bars.map(({ id, right }) => [id, right]), [[1, 1]]);
  assert.ok(Math.abs(bars[0]!.loud - 10 / 80) < 1e-9);
});

test("of an alert that is cut by the view, the loud part is cut too", () => {
  const [bar] = barsOf([alert(0, 14, 19)], 99, layout(runs, [10, 99]));
  assert.ok(Math.abs(bar!.loud - 0.5) < 1e-9);
  assert.equal(barsOf([alert(0, 3, 19)], 99, layout(runs, [10, 99]))[0]!.loud, 0);
});

test("words stand in a bar or after it, where there is more room, and never under the next bar", () => {
  const bars = barsOf([alert(0, 1, 2), alert(40, 50, 79), alert(82, 83, 84), alert(97, 99, null)], 99, layout(runs, [0, 99]));
  const percents = bars.map(({ words }) => [words.left, words.right].map((place) => Math.round(100 * place)));
  assert.deepEqual(percents, [[3, 40], [40, 80], [85, 97], [97, 100]]);
});

test("an alert is called by what it names first", () => {
  const named = (...sources: string[]) => ({ ...alert(0, 0, 0), sources: sources.map((source) => ({ source })) }) as TimelineAlert;
  assert.deepEqual([named(), named("income"), named("income", "age", "score")].map(shortNames), ["", "income", "income +2"]);
});
