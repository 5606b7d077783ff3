import assert from "node:assert/strict";
import { test } from "vitest";
import { bandPath, barPath, dotPath, extentOf, heightOf, linePath } from "./lines.ts";

const UNIT = { low: 0, high: 1 };

test("a line goes through the middles of windows and stops where nothing is known", () => {
  assert.equal(linePath([0, 1, null, 0.5], 0, 3, UNIT), "M0 100L0.5 100L1.5 0L2 0M3 50L3.5 50L4 50");
  assert.equal(linePath([null, null], 0, 1, UNIT), "");
  assert.equal(linePath([0, 1, 0], 1, 1, UNIT), "M1 0L1.5 0L2 0");
});

test("a band needs both bounds", () => {
  assert.equal(bandPath([0, null], [1, 1], 0, 1, UNIT), "M0 100L0.5 100L1 100L1 0L0.5 0L0 0Z");
  assert.equal(bandPath([], [], 0, 5, UNIT), "");
});

test("a dot stands in the middle of each window that is known", () => {
  assert.equal(dotPath([0, null, 1], 0, 2, UNIT), "M0.5 100h0M2.5 0h0");
  assert.equal(dotPath([0, 0, 0], 1, 1, UNIT), "M1.5 100h0");
});

test("bars of nothing are not drawn, and none is taller than the box", () => {
  assert.equal(barPath([0, null], 0, 1, 1), "");
  assert.match(barPath([7], 0, 0, 1), /v-100h/);
});

test("the axis holds all values, and intervals as far as they leave the line readable", () => {
  const calm = extentOf([{ values: [0.8, 0.9], low: [0.78, 0.88], high: [0.82, 0.92] }])!;
  assert.ok(calm.low < 0.78 && calm.high > 0.92 && calm.high < 0.95);
  const wild = extentOf([{ values: [0.8, 0.9], low: [-40, 0.88], high: [50, 0.92] }])!;
  assert.ok(wild.low > 0.6 && wild.high < 1.1);
  const constant = extentOf([{ values: [3, 3] }])!;
  assert.ok(constant.low < 3 && constant.high > 3);
  const zero = extentOf([{ values: [0] }])!;
  assert.ok(zero.low < 0 && zero.high > 0);
  assert.equal(extentOf([{ values: [null, undefined] }]), null);
});

test("what lies outside the axis is drawn at its edge", () => {
  assert.equal(heightOf(UNIT, 9), 0);
  assert.equal(heightOf(UNIT, -9), 100);
});
