import assert from "node:assert/strict";
import { test } from "vitest";
import { told } from "./times.tsx";
import { inUnit } from "./units.ts";

test("amounts of a service are in units that people read", () => {
  assert.equal(inUnit(16.3, "ms"), "16.3\u202fms");
  assert.equal(inUnit(1.5e9, "bytes"), "1.50\u202fGB");
  assert.equal(inUnit(40.2, "/h"), "40/h");
  assert.equal(inUnit(57_600, "s"), "16\u202fh");
  assert.equal(inUnit(216_000, "s"), "2.50\u202fd");
  assert.equal(inUnit(0.917, "share"), "91.7\u202f%");
  assert.equal(inUnit(null, "s"), "–");
});

test("moments of a sentence are told as the viewer's clocks show them, dates as dates", () => {
  const local = new Date("2026-11-22T14:00:00Z");
  const said = told("of those since 2026-11-22 14:00 UTC, judged on 2026-11-23");
  assert.ok(said.includes(`${String(local.getHours()).padStart(2, "0")}:00`), said);
  assert.ok(!/UTC|2026-11/.test(said), said);
  assert.ok(said.endsWith("judged on 23 Nov 2026"), said);
});
