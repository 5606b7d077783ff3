import assert from "node:assert/strict";
import { test } from "vitest";
import { csv } from "../csv.ts";
import type { ReportRecord } from "../record.ts";
import { classSheet, confusionSheet, curveSheet, distributionSheet, performanceSheet } from "./sheets.ts";

test("a number's cells have two ends, a category's one name", () => {
  const cells = distributionSheet("income", { edges: [0, 10, 25], reference: [0.4, 0.6], current: [0.1, 0.9] });
  assert.deepEqual(cells.head, ["from", "to", "reference share", "current share"]);
  assert.deepEqual(cells.rows(), [[0, 10, 0.4, 0.1], [10, 25, 0.6, 0.9]]);
  const names = distributionSheet("state", { labels: ["CA"], reference: [1], current: [0] });
  assert.deepEqual(names.rows(), [["CA", 1, 0]]);
});

test("both sides of a curve are there in full, though they differ in length", () => {
  const rows = curveSheet({ key: "roc", title: "ROC", x: "fpr", y: "tpr", reference: [[0, 0], [1, 1]], current: [[0, 0.5]] }).rows();
  assert.deepEqual(rows, [["reference", 0, 0], ["reference", 1, 1], ["current", 0, 0.5]]);
});

test("metrics of the whole stand above those of the classes; what is unknown is empty", () => {
  const value = { verdict: "ok" as const, rows_reference: 7, rows_current: 5 };
  const record = { metrics: {}, performance: { recall: { ...value, current: 0.5 } }, task: { per_class: { a: { recall: value } } } };
  const lines = csv(performanceSheet(record as unknown as ReportRecord)).split("\r\n");
  assert.equal(lines[1], ",Recall,,ok,,0.5,,,,,,,7,5");
  assert.equal(lines[2], "a,Recall,,ok,,,,,,,,,7,5");
});

test("a confusion matrix is a row for each label and prediction, by class is without the whole", () => {
  const confusion = { classes: ["a", "b"], reference: [[8, 2], [1, 9]], current: [[3, 4], [5, 6]] };
  assert.deepEqual(confusionSheet(confusion).rows(), [["a", "a", 8, 3], ["a", "b", 2, 4], ["b", "a", 1, 5], ["b", "b", 9, 6]]);
  const value = { verdict: "ok" as const, rows_reference: 7, rows_current: 5 };
  const record = { metrics: {}, performance: { recall: value }, task: { per_class: { a: { recall: value } } } };
  assert.deepEqual(classSheet(record as unknown as ReportRecord).rows().map(([name, metric]) => [name, metric]), [["a", "Recall"]]);
});
