import assert from "node:assert/strict";
import { test } from "vitest";
import { unbroken } from "./unbroken.ts";

test("a number stays on its line, and other text as it is", () => {
  assert.equal(unbroken("median 38\u2009059 to 1\u2009032\u2009621, 5\u2009%"), "median 38\u202f059 to 1\u202f032\u202f621, 5\u202f%");
  assert.equal(unbroken("a\u2009b 5 %, 3 of 4"), "a\u2009b 5\u202f%, 3 of 4");
  assert.equal(unbroken("a major change (TV 0.287), (MAE 3 of 4)"), "a major change (TV\u00a00.287), (MAE\u00a03 of 4)");
});
