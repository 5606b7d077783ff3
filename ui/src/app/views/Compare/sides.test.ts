import assert from "node:assert/strict";
import { test } from "vitest";
import { formatSide, parseSide, proposed, type Side, sliceOf, WHOLE, wordsOf } from "./sides.ts";

const SIDE: Side = { version: "7 & 8", segment: "state=a=b", from: "2026-03-01", to: "2026-03-04" };

test("a side that goes into an address comes out of it", () => {
  for (const side of [WHOLE, SIDE]) assert.deepEqual(parseSide(formatSide(side)), side);
});

test("a segment's value may hold what parts it from its column", () => {
  assert.deepEqual(sliceOf(SIDE).segment, { column: "state", value: "a=b" });
  assert.deepEqual(sliceOf(WHOLE), { version: null, segment: null, from: null, to: null });
});

test("the last day is part of the time", () => {
  const { from, to } = sliceOf({ ...WHOLE, from: "2026-01-04", to: "2026-01-04" });
  assert.equal(Date.parse(to!) - Date.parse(from!), 86_400_000);
});

test("the newest version is compared with the one before, by number", () => {
  const [before, newest] = proposed({ versions: ["9", "10", "8"], start: null, end: null, segments: [] });
  assert.deepEqual([before.version, newest.version], ["9", "10"]);
});

test("with one version the later half is compared with the earlier, and no day is in both", () => {
  const [before, after] = proposed({ versions: ["9"], start: "2026-03-01T00:00:00+00:00", end: "2026-03-11T00:00:00+00:00", segments: [] });
  assert.ok(before.to < after.from);
  assert.match(wordsOf(before), /^2026-0\d-\d\d to 2026-03-0\d$/);
});
