import assert from "node:assert/strict";
import { test } from "vitest";
import { formatFilters, parseFilters, wordsOf } from "./filters.ts";

test("filters that go into an address come out of it, and what is none is left out", () => {
  const filters = [{ column: 'a"b&c', values: ["x", "ü,y"] }, { column: "n", min: 1.5, max: 2 }, { column: "m", missing: true }];
  assert.deepEqual(parseFilters(formatFilters(filters)), filters);
  assert.equal(formatFilters([]), "");
  for (const text of ["", "{", "{}", "3", "null", '[{"min":1}]', "[null]"]) assert.deepEqual(parseFilters(text), []);
});

test("filters in words", () => {
  assert.equal(wordsOf({ column: "age", min: 18 }), "age at least 18");
  assert.equal(wordsOf({ column: "age", min: 18, max: 30 }), "age 18 to 30");
  assert.equal(wordsOf({ column: "land", values: ["x", "y"] }), "land is x or y");
  assert.equal(wordsOf({ column: "land", missing: false }), "land is there");
});
