import assert from "node:assert/strict";
import { test } from "vitest";
import { found, placesOf } from "./places.ts";

const places = placesOf([
  { model: "credit", features: ["income", "age"] },
  { model: "income-model", features: ["spend"] },
]);
const names = (wanted: string, most = 9) => found(places, wanted, most).map(({ name, model }) => (model ? `${model}/${name}` : name));

test("models and features are found by any part of their name, those that begin with it first", () => {
  assert.deepEqual(names("inc"), ["income-model", "credit/income", "income-model/spend"]);
  assert.deepEqual(names("GE"), ["credit/age"]);
  assert.deepEqual(names("credit age"), ["credit/age"]);
  assert.deepEqual(names("nothing"), []);
});

test("without a word the models are offered, and never more than asked for", () => {
  assert.deepEqual(names("", 2), ["credit", "income-model"]);
});
