import assert from "node:assert/strict";
import { test } from "vitest";
import { cells, ticks } from "./scale.ts";

test("ticks are round and lie inside", () => {
  assert.deepEqual(ticks(0, 10), [0, 2.5, 5, 7.5, 10]);
  assert.deepEqual(ticks(0.3, 1.1), [0.4, 0.6000000000000001, 0.8, 1]);
  assert.deepEqual(ticks(0, 1), [0, 0.25, 0.5, 0.75, 1]);
  assert.deepEqual(ticks(5, 5), [5]);
});

test("unequal cells are drawn as densities: equal density, equal height", () => {
  const drawn = cells([0, 1, 4], [0.25, 0.75], [0.25, 0.75]);
  assert.equal(drawn.ordinal, false);
  assert.deepEqual(drawn.reference, [1, 1]);
});

test("cells without width or with wild widths are drawn in order", () => {
  assert.equal(cells([0, 0, 1], [0.5, 0.5], [0.5, 0.5]).ordinal, true);
  assert.equal(cells([0, 1, 1e6], [0.5, 0.5], [0.5, 0.5]).ordinal, true);
});
