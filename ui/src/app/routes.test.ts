import assert from "node:assert/strict";
import { test } from "vitest";
import { alertPath, comparePath, explorePath, featurePath, modelPath, routeOf, settingsPath } from "./routes.ts";

test("every address that is made leads back to what it names, whatever the name", () => {
  for (const name of ["credit", "a b", "100 %", "a/b", "ünïcode", "<script>", "..", "?x#y", "%2F"]) {
    assert.deepEqual(routeOf(modelPath(name)), { view: "model", model: name });
    assert.deepEqual(routeOf(featurePath("m", name)), { view: "feature", model: "m", feature: name });
    assert.deepEqual(routeOf(comparePath(name)), { view: "compare", model: name });
    assert.deepEqual(routeOf(explorePath(name)), { view: "explore", model: name });
  }
  assert.deepEqual(routeOf(alertPath(12)), { view: "alert", number: 12 });
});

test("the root is the fleet, and what is not known is said to be unknown", () => {
  assert.deepEqual(routeOf("/"), { view: "fleet" });
  assert.deepEqual(routeOf("/alerts"), { view: "alerts" });
  assert.deepEqual(routeOf("/settings"), { view: "settings", section: "models" });
  assert.deepEqual(routeOf(settingsPath("data")), { view: "settings", section: "data" });
  assert.equal(routeOf("/alerts/x").view, "unknown");
  assert.equal(routeOf("/nothing").view, "unknown");
  assert.equal(routeOf("/%").view, "unknown");
});
