import assert from "node:assert/strict";
import { test } from "vitest";
import { type Cell, csv } from "./csv.ts";

const line = (...cells: Cell[]) => csv({ name: "", head: ["a"], rows: () => [cells] }).split("\r\n")[1];

test("commas, quotes and line ends are quoted", () => {
  assert.equal(line('say "hi", now', "b"), '"say ""hi"", now",b');
  assert.match(csv({ name: "", head: ["a\nb"], rows: () => [] }), /^"a\nb"\r\n$/);
});

test("no text becomes a formula; numbers stay numbers", () => {
  for (const text of ["=1+1", "+1", "-1", "@x", "\tx"]) assert.equal(line(text), `'${text}`);
  assert.equal(line(-1.5, 1e-7, 3), "-1.5,1e-7,3");
});

test("what is unknown is an empty cell, not zero", () => {
  assert.equal(line(null, undefined, NaN, 0), ",,,0");
});
