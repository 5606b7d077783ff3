import assert from "node:assert/strict";
import { test } from "vitest";
import { changeBetween, declared, listed, number, pValue, percent, quantity, signed, tick, unitWords, withInterval } from "./format.ts";

test("numbers show three digits that matter and thin spaces", () => {
  assert.equal(number(0.84312), "0.843");
  assert.equal(number(198004), "198\u202f004");
  assert.equal(number(2009), "2009");
  assert.equal(number(-12.345), "\u221212.3");
  assert.equal(number(0.0000021), "2.10e\u22126");
  assert.equal(number(-0.028), "\u22120.028");
  assert.equal(number(0.00712), "0.0071");
  assert.equal(number(0), "0");
});

test("a number that does not exist is a dash, never zero", () => {
  for (const value of [null, undefined, NaN, Infinity]) assert.equal(number(value), "–");
  assert.equal(percent(null), "–");
  assert.equal(pValue(null), "–");
});

test("an interval is written with the digits it supports", () => {
  assert.equal(withInterval(0.8431, 0.837, 0.8492), "0.843 ±0.006");
  assert.equal(withInterval(0.0712, 0.0683, 0.0741, "share"), "7.1 ±0.3\u202f%");
  assert.equal(withInterval(0.599, 0.55, 0.648, "share"), "59.9 ±4.9\u202f%");
  assert.equal(withInterval(0.02, 0.01, 0.06, "share"), "2.0\u202f% (1.0 to 6.0\u202f%)");
  assert.equal(withInterval(0.01, 0, 0.08), "0.010 (0.000 to 0.080)");
  assert.equal(withInterval(0.5, null, 0.6), "0.500");
});

test("shares are percent and their changes are points", () => {
  assert.equal(percent(0.0831), "8.31\u202f%");
  assert.equal(percent(0), "0\u202f%");
  assert.equal(percent(0.61), "61.0\u202f%");
  assert.equal(listed(0.00001), "<\u202f0.1\u202f%");
  assert.equal(listed(0), "0.0\u202f%");
  assert.equal(signed(0.0712, "share"), "+7.12 points");
  assert.equal(signed(-0.028), "\u22120.028");
});

test("the interval of a change has the unit of the change", () => {
  assert.equal(changeBetween(-0.1234, -0.0931, "share"), "\u221212.3 to \u22129.31 points");
  assert.equal(changeBetween(-0.1234, 0.02, ""), "\u22120.123 to 0.020");
});

test("what somebody chose is written as it was chosen", () => {
  assert.equal(declared(0.05), "0.05");
  assert.equal(declared(0.005, "share"), "0.5\u202f%");
  assert.equal(declared(0.30000000000000004), "0.3");
  assert.equal(declared(150000), "150\u202f000");
});

test("marks of an axis have the decimals of their distance", () => {
  assert.equal(tick(0.30000000000000004, 0.1), "0.3");
  assert.equal(tick(1e9 + 0.5, 0.5), "1\u202f000\u202f000\u202f000.5");
  assert.equal(tick(1.5e6, 5e5), "1.5\u202fM");
  assert.equal(tick(20, 20), "20");
  assert.equal(tick(0.25, 0.25), "0.25");
});

test("an uncertainty that leads with a one keeps a second digit", () => {
  assert.equal(withInterval(0.69, 0.68, 0.7), "0.690 ±0.010");
  assert.equal(withInterval(0.471, 0.4579, 0.4841), "0.471 ±0.013");
});

test("a unit is written where it says something", () => {
  assert.equal(quantity(0.278, "sd"), "0.278\u202fsd");
  assert.equal(quantity(117, "value"), "117");
  assert.equal(quantity(1, "yes or no"), "yes");
});

test("small p-values do not become zero", () => {
  assert.equal(pValue(0), "<\u202f1e\u221212");
  assert.equal(pValue(2e-8), "2e\u22128");
  assert.equal(pValue(0.62), "0.62");
});

test("a unit that only the data know is told in words", () => {
  assert.equal(quantity(2.5, "label"), "2.50");
  assert.equal(unitWords("label"), "in units of the prediction");
  assert.equal(unitWords("label squared"), "in squared units of the prediction");
  for (const unit of ["share", "ms", "", null]) assert.equal(unitWords(unit), "");
});
