import assert from "node:assert/strict";
import { test } from "vitest";
import type { Budget, Labels, Timeline, TimelineAlert } from "../record.ts";
import { budgetSentence, decisionSentence, labelsSentence, lastOver, leftOut, provisionalSentence, rate, worstFirst } from "./words.ts";

const budget = { alerts: 1, days: 30, stated: true, decides: true, supported: true, reason: "", expected: 4, observed: 2 } as Budget;
const alert = (tier: TimelineAlert["tier"], opened: number, closed: number | null) => ({ tier, opened, closed, sources: [] }) as unknown as TimelineAlert;

function timeline(changes: Partial<Timeline> = {}): Timeline {
  const window = (day: string) => ({ side: "current" as const, start: `${day}T00:00:00Z`, end: `${day}T24:00:00Z`, rows: 1, verdict: "ok" as const, reason: "" });
  return { windows: [window("2026-01-01"), window("2026-04-30")], budget, alerts: [], versions: [], far: 0, untimed: 0, reason: "", ...changes } as Timeline;
}

test("the budget says what is allowed, to be expected and seen", () => {
  assert.equal(budgetSentence(timeline()), "You allow 1 false alert in 30 days. Expected in these 120 days: 4.0; 2 alerts seen.");
  const one = { ...budget, stated: false, observed: 1, expected: null };
  const still = budgetSentence(timeline({ budget: one, alerts: [alert("alert", 1, null), alert("warning", 1, null)] }));
  assert.equal(still, "No budget is stated; windows are shown at 1 false alert in 30 days. 1 alert seen, 1 still open.");
  assert.match(budgetSentence(timeline({ budget: { ...budget, observed: 0 } })), /no alerts seen\.$/);
  assert.equal(rate({ ...budget, alerts: 2.5, days: 1 }), "2.5 false alerts in 1 day");
});

test("what is not judged or not supported says why", () => {
  assert.equal(budgetSentence(timeline({ budget: null })), "");
  assert.equal(decisionSentence(timeline({ budget: null, reason: "5 windows; 8 are needed" })), "Windows are not judged: 5 windows; 8 are needed.");
  const short = { ...budget, supported: false, decides: false, reason: "12 days of reference, 30 needed" };
  assert.match(decisionSentence(timeline({ budget: short })), /not supported: 12 days of reference, 30 needed\. .* do not decide/);
  assert.match(decisionSentence(timeline()), /follows from these windows/);
  assert.match(decisionSentence(timeline({ budget: { ...budget, decides: false } })), /do not decide/);
});

test("a share of a fleet's budget says so", () => {
  assert.equal(rate({ ...budget, alerts: 4 / 3, fleet: 4 }), "1.33 false alerts in 30 days, its share of the fleet's 4");
});

test("versions are windows without a budget", () => {
  const versions = [{ version: "2" }] as Timeline["versions"];
  assert.match(budgetSentence(timeline({ versions })), /^Each version of the model is a window/);
  assert.match(decisionSentence(timeline({ versions })), /warn at most/);
  assert.match(decisionSentence(timeline({ versions, budget: { ...budget, decides: false } })), /do not decide/);
});

test("alerts before warnings, open before closed, the latest first", () => {
  const alerts = [alert("warning", 9, null), alert("alert", 1, 3), alert("alert", 2, 4), alert("alert", 0, null)];
  assert.deepEqual(worstFirst(alerts).map(({ id }) => id), [3, 2, 1, 0]);
});

test("rows in no window are counted", () => {
  assert.equal(leftOut(timeline()), "");
  assert.equal(leftOut(timeline({ far: 1, untimed: 12 })), "In no window: 12 rows without a time and 1 row far from all other times.");
});

const labels = {
  share: 0.64, maturity: [1, 0.4], low: [1, 0.35], high: [1, 0.46], provisional: [false, true], reason: "",
  delays: [{ name: "0", half: 7, most: 23.1 }, { name: "1", half: 2.1, most: 6.9 }],
} as unknown as Labels;

test("labels that are still to come are told, with how long they take", () => {
  const said = labelsSentence(timeline({ labels }));
  assert.match(said, /^Labels: 64\.0.% of those expected have come; 1 window provisional\. /);
  assert.match(said, /labels 0: half within 7 days, 90.% within 23\.1; labels 1: half within 2\.10 days/);
  assert.equal(labelsSentence(timeline({ labels: { ...labels, provisional: [false, false] } })), "");
  assert.equal(labelsSentence(timeline()), "");
});

test("a provisional window says how far its labels are and whether they are corrected", () => {
  assert.match(provisionalSentence(labels, 1), /^40\.0.% \(35\.0.% to 46\.0.%\) of the labels expected .* Corrected for classes/);
  assert.match(provisionalSentence({ ...labels, delays: [], reason: "too short" }, 1), /Not corrected for early labels: too short\.$/);
});

test("the last alert that is over tells since when it is quiet; warnings do not", () => {
  assert.equal(lastOver(timeline({ alerts: [alert("alert", 0, 1), alert("alert", 0, 0)] })), "2026-04-30T00:00:00Z");
  assert.equal(lastOver(timeline({ alerts: [alert("warning", 0, 1), alert("alert", 0, null)] })), null);
});
