import assert from "node:assert/strict";
import { test } from "vitest";
import type { WindowResult } from "../record.ts";
import { layout, middle, place, ranged, runsOf, wholeRange, windowAt } from "./axis.ts";

const DAY = 86_400_000;

function days(side: WindowResult["side"], first: number, count: number): WindowResult[] {
  return Array.from({ length: count }, (_, i) => ({
    side,
    start: new Date((first + i) * DAY).toISOString(),
    end: new Date((first + i + 1) * DAY).toISOString(),
    rows: 10,
    verdict: "ok",
    reason: "",
  }));
}

test("a run ends where the side changes and where windows are missing, not at a short pause", () => {
  const windows = [...days("reference", 0, 3), ...days("current", 3, 2), ...days("current", 40, 2)];
  assert.deepEqual(
    runsOf(windows).map(({ side, first, last }) => [side, first, last]),
    [["reference", 0, 2], ["current", 3, 4], ["current", 5, 6]],
  );
  const paused = days("current", 0, 4).filter((_, i) => i !== 2);
  assert.equal(runsOf(paused).length, 1);
  assert.deepEqual(runsOf([]), []);
});

test("versions stand beside each other, each by itself, however their times overlap", () => {
  const windows = [...days("reference", 0, 1), ...days("current", 1, 2).map((window, i) => ({ ...window, end: windows10(), version: `${6 + i}` }))];
  assert.deepEqual(
    runsOf(windows).map(({ side, first, last }) => [side, first, last]),
    [["reference", 0, 0], ["current", 1, 1], ["current", 2, 2]],
  );
  const { runs } = layout(runsOf(windows), wholeRange(windows));
  assert.ok(runs.every(({ width }) => Math.abs(width - runs[0]!.width) < 1e-9));
});

function windows10(): string {
  return new Date(10 * DAY).toISOString();
}

test("every window finds itself again from its place, zoomed or not", () => {
  const windows = [...days("reference", 0, 60), ...days("current", 90, 7), ...days("current", 200, 9)];
  for (const range of [wholeRange(windows), [58, 70], [62, 63], [0, 1]] as const) {
    const axis = layout(runsOf(windows), range);
    for (let i = range[0]; i <= range[1]; i++) assert.equal(windowAt(axis, middle(axis, i)!), i);
    assert.ok(Math.abs(place(axis, range[0], range[1])!.left) < 1e-12);
    assert.ok(Math.abs(place(axis, range[0], range[1])!.right - 1) < 1e-12);
  }
});

test("windows stand in order and do not overlap", () => {
  const windows = [...days("reference", 0, 9), ...days("current", 0, 30)];
  const axis = layout(runsOf(windows), wholeRange(windows));
  for (let i = 1; i < windows.length; i++) {
    assert.ok(place(axis, i, i)!.left >= place(axis, i - 1, i - 1)!.right - 1e-12);
  }
});

test("a long reference leaves most of the width to what is judged", () => {
  const windows = [...days("reference", 0, 900), ...days("current", 900, 30)];
  const axis = layout(runsOf(windows), wholeRange(windows));
  assert.ok(axis.squeezed);
  assert.ok(axis.runs[1]!.width > 0.6);
  assert.equal(layout(runsOf(windows), [0, 500]).squeezed, false);
  assert.equal(layout(runsOf(days("reference", 0, 9)), [0, 8]).runs[0]!.width, 1);
});

test("what is not in view has no place", () => {
  const windows = days("current", 0, 20);
  const axis = layout(runsOf(windows), [5, 9]);
  assert.equal(place(axis, 0, 4), null);
  assert.equal(middle(axis, 12), null);
  assert.deepEqual(place(axis, 0, 19), place(axis, 5, 9));
});

test("a place outside or in a gap is the nearest window", () => {
  const windows = [...days("reference", 0, 2), ...days("current", 50, 2)];
  const axis = layout(runsOf(windows), wholeRange(windows));
  assert.equal(windowAt(axis, -3), 0);
  assert.equal(windowAt(axis, 7), 3);
  assert.equal(windowAt(layout([], [0, 0]), 0.5), 0);
});

test("a range lies inside, in order, and is two windows wide where there are two", () => {
  assert.deepEqual(ranged(9, 3, 20), [3, 9]);
  assert.deepEqual(ranged(-5, 99, 20), [0, 19]);
  assert.deepEqual(ranged(4, 4, 20), [4, 5]);
  assert.deepEqual(ranged(19, 19, 20), [18, 19]);
  assert.deepEqual(ranged(3, 7, 1), [0, 0]);
  assert.deepEqual(ranged(3, 7, 0), [0, 0]);
});
