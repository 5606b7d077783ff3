import assert from "node:assert/strict";
import { test } from "vitest";
import { beforeWords } from "./AlertFindings.tsx";

test("how long before an alert something happened", () => {
  assert.equal(beforeWords(0), "when it began");
  assert.equal(beforeWords(-0.4), "when it began");
  assert.equal(beforeWords(1), "1 hour before it began");
  assert.equal(beforeWords(-30), "30 hours after it began");
  assert.equal(beforeWords(72), "3 days before it began");
});
