import assert from "node:assert/strict";
import { test } from "vitest";
import type { Budget, HeatRow, Timeline } from "../record.ts";
import { heatPaths, levelOf, peakOf, pieces, shadingOf, sizeWords, splitRows, surpriseWords } from "./heat.ts";

const budget = { threshold: 10, threshold_warning: 6 } as Budget;
const shading = shadingOf(budget);

function row(source: string, surprise: (number | null)[], tier: HeatRow["tier"] = ""): HeatRow {
  return { source, tier, surprise, effect: surprise.map((value) => (value === null ? null : value / 100)) };
}

function timeline(heat: HeatRow[]): Timeline {
  const side = (i: number) => (i ? "current" : "reference") as "current" | "reference";
  const windows = [0, 1, 2].map((i) => ({ side: side(i), start: "", end: "", rows: 1, verdict: "ok" as const, reason: "" }));
  return { windows, heat } as unknown as Timeline;
}

test("levels follow the thresholds of the budget", () => {
  assert.deepEqual([null, 0, 5.9, 6, 9.9, 10, 14, 20, 1e9].map((value) => levelOf(shading, value)), [0, 0, 0, 1, 1, 2, 3, 4, 4]);
  assert.equal(shading.names.length, shading.cuts.length);
});

test("a budget without a warning threshold begins with the alert", () => {
  const bare = shadingOf({ threshold: 10 } as Budget);
  assert.deepEqual([9.9, 10].map((value) => levelOf(bare, value)), [0, 1]);
  assert.equal(bare.names.length, bare.cuts.length);
});

test("where windows are not judged the size of the change colours the map", () => {
  for (const none of [null, undefined, { threshold: null } as Budget]) assert.equal(shadingOf(none).by, "effect");
});

test("quiet is what no alert names and no current window stirs", () => {
  const heat = [row("named", [0, 0, 0], "warning"), row("loud", [0, 0, 7]), row("before", [99, 0, null]), row("calm", [0, 1, 2])];
  const { loud, quiet } = splitRows(timeline(heat), shading);
  assert.deepEqual(loud.map((each) => each.source), ["named", "loud"]);
  assert.deepEqual(quiet.map((each) => each.source), ["before", "calm"]);
});

test("pieces keep the order and end after each open row", () => {
  const rows = ["a", "b", "c", "d", "e"].map((name) => row(name, []));
  const names = pieces(rows, (each) => each.source === "b", 2).map((piece) => piece.map((each) => each.source).join(""));
  assert.deepEqual(names, ["ab", "cd", "e"]);
  assert.deepEqual(pieces(rows, (each) => each.source === "a", 9).map((piece) => piece.length), [1, 4]);
  assert.deepEqual(pieces([], () => true, 3), []);
});

test("neighbours of one level are one rectangle; quiet cells are none", () => {
  const paths = heatPaths([row("a", [0, 7, 8, 20, null])], shading, 0, 4, [true, true, true, true, true]);
  assert.deepEqual(paths.map((path) => path.match(/M/g)?.length ?? 0), [1, 1, 0, 0, 1]);
  assert.match(paths[1]!, /^M1 0\.08h2v0\.84h-2z$/);
});

test("an unknown cell of a window that nobody judged is left to the backdrop", () => {
  assert.deepEqual(heatPaths([row("a", [null, null])], shading, 0, 1, [false, false]).join(""), "");
  assert.deepEqual(heatPaths([{ ...row("a", []), effect: [] }], shading, 0, 1, [true, true]).join(""), "");
});

test("the peak is the largest current cell", () => {
  assert.deepEqual(peakOf(row("a", [99, 3, 5]), shading, timeline([])), { window: 2, value: 5 });
  assert.equal(peakOf(row("a", [99, null, null]), shading, timeline([])), null);
});

test("a surprise is said against the thresholds, beyond them as a rarity", () => {
  assert.equal(surpriseWords(null, budget), "not judged");
  assert.equal(surpriseWords(3, budget), "below the warning threshold");
  assert.equal(surpriseWords(7, budget), "beyond the warning threshold");
  assert.equal(surpriseWords(10.1, budget), "beyond the alert threshold: just beyond it");
  assert.equal(surpriseWords(10 + Math.log(40), budget), "beyond the alert threshold: 40 times rarer");
  assert.equal(surpriseWords(99, budget), "beyond the alert threshold: over a million times rarer");
  assert.equal(surpriseWords(3, null), "surprise 3");
});

test("sizes have the words of the documentation", () => {
  assert.deepEqual([0.049, 0.05, 0.1, 0.2].map((size) => sizeWords(size).split(", ")[1]), ["less than minor", "minor", "moderate", "major"]);
  assert.equal(sizeWords(null), "");
});
