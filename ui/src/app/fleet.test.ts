import assert from "node:assert/strict";
import { test } from "vitest";
import type { FleetBudget, Line, ModelOverview, Summary } from "./api.ts";
import { allowedWords, counts, fleetSheet, headline, lastOf, loss, rateWords, seenWords, sortFleet, stateOf } from "./fleet.ts";

const line = (changes: Partial<Line> = {}): Line => ({
  key: "roc_auc", title: "ROC AUC", unit: "", worse: "lower", kind: "realised",
  values: [0.8, 0.8], low: [0.7, 0.7], high: [0.9, 0.9], provisional: [], reference: 0.8, ...changes,
});

const summary = (changes: Partial<Summary> = {}): Summary => ({
  now: "ok", sentence: "", since: null, start: "", end: "", width: "", rows: [], per_second: null, last_row: null, lines: [line()],
  expected: 2, observed: 1, labelled: 1, versions: [], why_not: "", harm: "", alerts: 0, warnings: 0, columns: 1, ...changes,
});

const model = (name: string, changes: Partial<ModelOverview> = {}): ModelOverview => ({
  name, verdict: "ok", headline: "", judged_at: "2026-01-01T00:00:00Z", waiting_for: "", open_alerts: 0, alert: null, alert_sentence: "", alert_harm: "", alert_since: null, version: "", version_at: null,
  fresh_seconds: 1, baseline_at: null, problem: "", summary: summary(), ...changes,
});

test("what is open now says how a model is, not what is over", () => {
  assert.equal(stateOf(model("a", { verdict: "alert" })), "ok");
  assert.equal(stateOf(model("a", { open_alerts: 1 })), "alert");
  assert.equal(stateOf(model("a", { summary: summary({ now: "warning" }) })), "warning");
  assert.equal(stateOf(model("a", { problem: "broken" })), "problem");
  assert.equal(stateOf(model("a", { summary: null, verdict: null })), "waiting");
});

test("alerts come first, then those that lost most, and the quiet ones are apart", () => {
  const models = [
    model("quiet"),
    model("warns", { summary: summary({ now: "warning" }) }),
    model("light", { open_alerts: 3 }),
    model("heavy", { open_alerts: 1, summary: summary({ now: "alert", lines: [line({ values: [0.8, 0.5] })] }) }),
  ];
  const { loud, quiet } = sortFleet(models, "harm");
  assert.deepEqual([loud, quiet].map((some) => some.map(({ name }) => name)), [["heavy", "light", "warns"], ["quiet"]]);
  assert.deepEqual(sortFleet(models, "name").loud.map(({ name }) => name), ["heavy", "light", "warns"]);
});

test("a loss is told in the direction that is worse, from windows whose labels are all there", () => {
  const of = (changes: Partial<Line>) => loss(model("a", { summary: summary({ lines: [line(changes)] }) }));
  assert.ok(of({ values: [0.8, 0.6] }) > 0);
  assert.equal(of({ values: [0.8, 0.95] }), 0);
  assert.ok(of({ worse: "higher", values: [0.8, 0.95] }) > 0);
  assert.equal(of({ values: [0.8, 0.1], provisional: [false, true] }), 0);
  assert.equal(of({ reference: null }), 0);
  assert.equal(lastOf(line({ values: [null, null] })), -1);
});

test("one sentence says whether anything is wrong", () => {
  assert.equal(headline([]), "No model yet");
  assert.equal(headline([model("a"), model("b")]), "All quiet");
  assert.equal(headline([model("a", { open_alerts: 1 }), model("b")]), "1 model alerts");
  assert.equal(headline([model("a", { summary: summary({ now: "warning" }) })]), "No alert; 1 model warns");
  assert.equal(headline([model("a", { summary: null })]), "Nothing is judged yet");
  assert.equal(headline([model("a"), model("b", { summary: null })]), "All quiet, as far as 1 model can be judged");
  assert.equal(counts([model("a"), model("b", { summary: null })]), "2 models · 1 not judged · 1 quiet");
});

test("the budget of the fleet is the sum of its shares, and its alerts stand against it", () => {
  const share = (model: string, alerts: number, days = 30) => ({ model, weight: 1, alerts, days });
  const budget = (changes: Partial<FleetBudget>): FleetBudget => ({ budget: "4/30d", weights: {}, shares: [share("a", 1), share("b", 3)], expected: 4.04, observed: 2, ...changes });
  assert.equal(allowedWords(budget({})), "4 false alerts in 30 days");
  assert.equal(allowedWords(budget({ shares: [] })), "4/30d");
  assert.equal(allowedWords(budget({ shares: [share("a", 1), share("b", 3, 7)] })), "4/30d");
  assert.equal(allowedWords(budget({ budget: null })), "");
  assert.equal(seenWords(budget({})), "2 alerts in the judged windows; the budgets allow 4.0 false ones in them");
  assert.equal(seenWords(budget({ expected: 0 })), "");
});

test("a rate is written in the unit that needs no zeros", () => {
  assert.deepEqual([1_234, 12, 0.2, 0.002, 0.00001, null].map(rateWords), ["1.2\u202fk/s", "12/s", "12/min", "7.2/h", "0.9/day", ""]);
});

test("a line of the fleet's file for each number, with what is drawn of it", () => {
  const settled = line({ values: [0.7, 0.8, 0.9], low: [0.6, 0.7, 0.8], high: [0.8, 0.9, 1], provisional: [false, false, true] });
  const sheet = fleetSheet([model("a", { summary: summary({ lines: [settled] }) }), model("b", { summary: null })]);
  const [first, second] = sheet.rows().map((row) => Object.fromEntries(sheet.head.map((name, i) => [name, row[i]])));
  assert.deepEqual([first!["value"], first!["low"], first!["latest window"], first!["2 windows before the latest"]], [0.8, 0.7, 0.9, 0.7]);
  assert.deepEqual([second!["model"], second!["metric"], second!["latest window"]], ["b", undefined, undefined]);
});
