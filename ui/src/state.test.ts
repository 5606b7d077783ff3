import assert from "node:assert/strict";
import { test } from "node:test";
import { formatView, parseView } from "./state.ts";

test("a view survives the address, hostile names included", () => {
  const view = { query: "a&b=c#", order: "name" as const, open: new Set(["column:</script>", "quiet"]) };
  assert.deepEqual(parseView(formatView(view)), view);
});

test("the plain view leaves no trace in the address", () => {
  assert.equal(formatView({ query: "", order: "harm", open: new Set() }), "");
});
