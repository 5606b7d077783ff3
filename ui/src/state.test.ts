import assert from "node:assert/strict";
import { test } from "vitest";
import { formatView, parseView, withView } from "./state.ts";

test("a view survives the address, hostile names included", () => {
  const view = { query: "a&b=c#", order: "name" as const, open: new Set(["column:</script>", "quiet"]), windows: [3, 40] as const };
  assert.deepEqual(parseView(formatView(view)), view);
});

test("the plain view leaves no trace in the address", () => {
  assert.equal(formatView({ query: "", order: "harm", open: new Set(), windows: null }), "");
});

test("a view in an address leaves alone what else that says", () => {
  const view = { query: "", order: "name" as const, open: new Set<string>(), windows: null };
  assert.equal(withView("?q=old&version=7&open=quiet&a=1", view), "order=name&version=7&a=1");
});

test("a range of windows that makes no sense is no range", () => {
  for (const text of ["", "3", "a-b", "3-", "-3-5", "1-2-3", "1e3-5"]) assert.equal(parseView(`#windows=${text}`).windows, null);
});
