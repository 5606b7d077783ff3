import assert from "node:assert/strict";
import { test } from "vitest";
import type { Policy } from "../../api.ts";
import { type Line, linesOf, policyOf, wordsOf, wrongWith } from "./policy.ts";

const POLICY: Policy = {
  fields: {
    ssn: { action: "drop" },
    id: { action: "hash" },
    zip: { action: "truncate", characters: 2 },
    income: { action: "generalise", step: 0.5 },
    born: { action: "generalise", to: "year" },
    note: { action: "redact", kinds: ["email", "iban"] },
    "*": { action: "redact" },
  },
};

test("a policy survives its form", () => {
  assert.deepEqual(policyOf(linesOf(POLICY)), POLICY);
  assert.deepEqual(policyOf(linesOf({})), { fields: {} });
});

test("a detail is as somebody types it", () => {
  const treated = (line: Omit<Line, "field">) => policyOf([{ field: " zip ", ...line }]).fields?.zip;
  assert.deepEqual(treated({ action: "generalise", detail: " month " }), { action: "generalise", to: "month" });
  assert.deepEqual(treated({ action: "generalise", detail: "1e3" }), { action: "generalise", step: 1000 });
  assert.deepEqual(treated({ action: "redact", detail: "email,iban" }), { action: "redact", kinds: ["email", "iban"] });
  assert.equal(JSON.stringify(treated({ action: "truncate", detail: "" })), '{"action":"truncate","characters":null}');
});

test("a field has one line and a name", () => {
  const line = (field: string): Line => ({ field, action: "drop", detail: "" });
  assert.equal(wrongWith([line("a"), line("b")]), "");
  assert.match(wrongWith([line("a"), line(" ")]), /needs the name/);
  assert.match(wrongWith([line("a"), line(" a")]), /a is named twice/);
});

test("who may only read reads words", () => {
  assert.deepEqual(linesOf(POLICY).map(wordsOf), [
    "dropped",
    "hashed",
    "truncated to 2 characters",
    "rounded down to a multiple of 0.5",
    "cut to its year",
    "redacted: email, iban",
    "redacted: all kinds of personal data",
  ]);
});
