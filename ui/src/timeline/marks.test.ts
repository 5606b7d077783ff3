import assert from "node:assert/strict";
import { test } from "vitest";
import { placed } from "./marks.ts";

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
