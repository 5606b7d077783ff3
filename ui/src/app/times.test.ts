import assert from "node:assert/strict";
import { test } from "vitest";
import { momentWords } from "./times.tsx";

test("a moment of another year says which", () => {
  const now = new Date(2026, 5, 15);
  assert.equal(momentWords(new Date(2026, 8, 3, 14, 5).toISOString(), now), "Thu 3 Sep, 14:05");
  assert.equal(momentWords(new Date(2027, 5, 15, 9, 0).toISOString(), now), "Tue 15 Jun 2027, 09:00");
  assert.equal(momentWords(new Date(2025, 11, 31, 23, 59).toISOString(), now), "Wed 31 Dec 2025, 23:59");
  assert.equal(momentWords("soon", now), "an unknown time");
});
