import assert from "node:assert/strict";
import { test } from "vitest";
import { layout, runsOf } from "./axis.ts";
import { flagsOf, placed } from "./marks.ts";

const windows = [1, 2, 3].map((day) => ({
  side: "current" as const,
  start: `2026-01-0${day}T00:00:00Z`,
  end: `2026-01-0${day + 1}T00:00:00Z`,
  rows: 1,
  verdict: "ok" as const,
  reason: "",
}));
const mark = (at: string) => ({ at, kind: "deploy", name: at, text: "" });

test("a mark stands at the window that holds its moment, its first moment included and its end not", () => {
  const found = placed([mark("2026-01-03T00:00:00Z"), mark("2026-01-01T23:59:59Z"), mark("2026-01-01T01:00:00+01:00")], windows);
  assert.deepEqual(
    found.map(({ window, marks }) => [window, marks.map(({ name }) => name)]),
    [
      [0, ["2026-01-01T01:00:00+01:00", "2026-01-01T23:59:59Z"]],
      [2, ["2026-01-03T00:00:00Z"]],
    ],
  );
});

test("marks outside all windows, or at no moment at all, are left out", () => {
  assert.deepEqual(placed([mark("2025-12-31T23:59:59Z"), mark("2026-01-04T00:00:00Z"), mark("whenever")], windows), []);
});

test("names stand where there is most room, each in its own", () => {
  const days = Array.from({ length: 100 }, (_, i) => ({ ...windows[0]!, start: new Date(i * 86_400_000).toISOString(), end: new Date((i + 1) * 86_400_000).toISOString() }));
  const at = (window: number) => ({ window, marks: [mark("")] });
  const flags = flagsOf([at(0), at(90), at(95), at(98)], layout(runsOf(days), [0, 99]));
  assert.deepEqual(flags.map(({ words }) => [words.left, words.right].map((place) => Math.round(100 * place))), [[0, 90], [90, 95], [95, 98], [98, 100]]);
  const late = flagsOf([at(50), at(90)], layout(runsOf(days), [0, 99]));
  assert.deepEqual(late.map(({ words }) => [words.left, words.right].map((place) => Math.round(100 * place))), [[0, 50], [50, 90]]);
});
