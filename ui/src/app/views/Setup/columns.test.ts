import assert from "node:assert/strict";
import { test } from "vitest";
import type { InferredColumn, Kind, Role } from "../../api.ts";
import { optionsOf, problemOf, type Said } from "./columns.ts";

const column = (name: string, role: Role, kind: Kind = "numeric"): InferredColumn => ({ name, role, kind, physical: "float", why: "", examples: [] });
const asInferred = (columns: InferredColumn[]) => new Map<string, Said>(columns.map(({ name, role, kind }) => [name, { role, kind }]));

const COLUMNS = [column("at", "timestamp", "datetime"), column("x", "feature"), column("y", "label"), column("p", "score"), column("state", "feature", "categorical"), column("row", "ignored")];

test("what was inferred is stated, all of it", () => {
  const options = optionsOf(COLUMNS, asInferred(COLUMNS));
  assert.deepEqual(options, { label: "y", timestamp: "at", score: "p", features: ["x", "state"], ignore: ["row"] });
  assert.equal(problemOf(COLUMNS, asInferred(COLUMNS)), "");
});

test("what is changed is stated otherwise", () => {
  const said = asInferred(COLUMNS);
  said.set("state", { role: "segment", kind: "categorical" });
  said.set("y", { role: "feature", kind: "categorical" });
  const options = optionsOf(COLUMNS, said);
  assert.equal(options["label"], undefined);
  assert.deepEqual(options["features"], ["x", "y", "state"]);
  assert.deepEqual(options["segment"], ["state"]);
  assert.deepEqual(options["kinds"], { y: "categorical" });
});

test("scores of several classes are one option, if they are named alike", () => {
  const columns = [column("score_a", "score"), column("score_b", "score"), column("x", "feature")];
  assert.equal(optionsOf(columns, asInferred(columns))["score"], "score");
  const unlike = [column("score_a", "score"), column("p_b", "score"), column("x", "feature")];
  assert.notEqual(problemOf(unlike, asInferred(unlike)), "");
});

test("a role that one column can have is not given twice, and something must be a feature", () => {
  const said = asInferred(COLUMNS);
  said.set("x", { role: "label", kind: "numeric" });
  assert.match(problemOf(COLUMNS, said), /x, y/);
  const none = [column("y", "label")];
  assert.match(problemOf(none, asInferred(none)), /feature/);
});
