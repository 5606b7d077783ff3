import assert from "node:assert/strict";
import { test } from "vitest";
import type { WindowResult } from "../record.ts";
import { layout, runsOf, wholeRange } from "./axis.ts";
import { clockOf, ticks } from "./clock.ts";

function windows(...starts: string[]): WindowResult[] {
  const ends = [...starts.slice(1), starts.at(-1)!];
  return starts.map((start, i) => ({ side: "current", start, end: ends[i]!, rows: 1, verdict: "ok", reason: "" })).slice(0, -1) as WindowResult[];
}

function every(hours: number, count: number, from = "2026-06-01T00:00:00Z"): WindowResult[] {
  const first = Date.parse(from);
  return windows(...Array.from({ length: count + 1 }, (_, i) => new Date(first + i * hours * 3_600_000).toISOString()));
}

const marks = (list: WindowResult[], zone = "UTC") => ticks(clockOf(zone, list), layout(runsOf(list), wholeRange(list))).map((tick) => tick.text);

test("a day of the zone is one date, also on the day that has 23 hours", () => {
  const days = windows("2026-03-27T23:00:00Z", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z", "2026-03-30T22:00:00Z");
  const clock = clockOf("Europe/Berlin", days);
  assert.deepEqual([0, 1, 2].map(clock.span), ["Sat 28 Mar 2026", "Sun 29 Mar 2026", "Mon 30 Mar 2026"]);
  assert.equal(clock.zone, "Europe/Berlin");
});

test("weeks and hours are told by their ends", () => {
  assert.equal(clockOf("UTC", every(168, 2)).span(0), "1 Jun to 7 Jun 2026");
  assert.equal(clockOf("UTC", every(168, 40)).span(30), "28 Dec 2026 to 3 Jan 2027");
  assert.equal(clockOf("UTC", every(1, 30)).span(14), "Mon 1 Jun 2026, 14:00 to 15:00");
  assert.equal(clockOf("UTC", every(6, 8)).start(5), "Tue 2 Jun 2026, 06:00");
});

test("an unknown zone is read as UTC and says so", () => {
  const clock = clockOf("Moon/Tycho", every(24, 2));
  assert.equal(clock.zone, "UTC");
  assert.equal(clock.span(0), "Mon 1 Jun 2026");
});

test("marks are calendar steps, no more than fit", () => {
  assert.deepEqual(marks(every(24, 60)), ["8 Jun", "15 Jun", "22 Jun", "29 Jun", "6 Jul", "13 Jul", "20 Jul", "27 Jul"]);
  assert.deepEqual(marks(every(24, 200)), ["Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]);
  assert.deepEqual(marks(every(1, 48)), ["06:00", "12:00", "18:00", "2 Jun", "06:00", "12:00", "18:00"]);
  assert.ok(marks(every(24, 400)).includes("2027"));
  for (const [hours, count] of [[1, 2000], [24, 3000], [168, 500], [24, 3], [1, 1]] as const) {
    const found = marks(every(hours, count));
    assert.ok(found.length >= 1 && found.length <= 9, `${hours} h x ${count}: ${found.join()}`);
  }
});

test("versions are called by their names", () => {
  const list = windows("2026-06-01T00:00:00Z", "2026-06-08T00:00:00Z", "2026-06-15T00:00:00Z", "2026-06-22T00:00:00Z");
  const named = list.map((window, i) => (i ? { ...window, version: `${i}.0` } : { ...window, side: "reference" as const, version: "" }));
  const clock = clockOf("UTC", named);
  assert.equal(clock.start(1), "version 1.0");
  assert.equal(clock.span(2), "version 2.0, 15 Jun to 21 Jun 2026");
  assert.equal(clock.days(2), "15 Jun to 21 Jun 2026");
  assert.equal(clock.start(0), "the reference");
});
