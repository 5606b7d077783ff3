import assert from "node:assert/strict";
import { test } from "vitest";
import { budgetParts, linesOf, set, setPart, withLine, withoutLine } from "./monitors.ts";

const OPTIONS = { budget: "1/30d", monitors: [{ metric: "missing_share", column: "x", above: "5 %", for: 3, runbook: "look" }, { metric: "roc_auc", falls_by: 0.02, tier: "warning" }], harmless: "alert" };

test("a form that is read and written changes nothing", () => {
  const lines = linesOf(OPTIONS);
  const again = lines.reduce((options, line, at) => withLine(options, at, line), OPTIONS as Record<string, unknown>);
  assert.deepEqual(again, OPTIONS);
});

test("another condition takes the place of the one before, and what the form does not know stays", () => {
  const [line] = linesOf(OPTIONS);
  const changed = withLine(OPTIONS, 0, { ...line!, condition: "below", limit: "0.5" });
  assert.deepEqual((changed["monitors"] as unknown[])[0], { metric: "missing_share", column: "x", below: 0.5, for: 3, runbook: "look" });
  assert.equal(changed["harmless"], "alert");
});

test("the last monitor that goes takes the option with it", () => {
  const one = withoutLine(OPTIONS, 0);
  assert.equal((one["monitors"] as unknown[]).length, 1);
  assert.equal("monitors" in withoutLine(one, 0), false);
});

test("an empty floor is no floor", () => {
  const options = setPart({}, "floors", "drift", "0.1");
  assert.deepEqual(options, { floors: { drift: 0.1 } });
  assert.deepEqual(setPart(options, "floors", "drift", " "), {});
  assert.deepEqual(set({ a: 1 }, "a", undefined), {});
});

test("budgets in days and weeks are read, others are left alone", () => {
  assert.deepEqual(budgetParts("2/30d"), { alerts: "2", days: "30" });
  assert.deepEqual(budgetParts("1/4w"), { alerts: "1", days: "28" });
  assert.deepEqual(budgetParts("0.5 per week"), { alerts: "0.5", days: "7" });
  assert.deepEqual(budgetParts("1 per 30 days"), { alerts: "1", days: "30" });
  assert.equal(budgetParts("weekly"), null);
  assert.equal(budgetParts(undefined), null);
});
