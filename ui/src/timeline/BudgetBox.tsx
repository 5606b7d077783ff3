import type { Timeline } from "../record.ts";
import { number, percent, plural } from "../format.ts";
import { leftOut, rate, thresholds } from "./words.ts";

/** What was promised and what it rests on. */
export function BudgetBox({ timeline }: { timeline: Timeline }) {
  const { budget } = timeline;
  return (
    <dl class="compared budget">
      {budget && (
        <>
          <dt>Budget</dt>
          <dd>
            {rate(budget)}
            <p class="note">{budget.stated ? "as stated" : "the default; none was stated"}</p>
          </dd>
          <dt>Thresholds</dt>
          <dd>
            {thresholds(budget)}
            <p class="note">of surprise: minus the logarithm of how rare the window is</p>
          </dd>
          {timeline.first_weeks && (
            <>
              <dt>First weeks</dt>
              <dd>
                {plural(timeline.first_weeks.accepted, "window")} accepted of {timeline.first_weeks.needed} that the budget needs
                <p class="note">a window of the first weeks warns above a surprise of {number(timeline.first_weeks.threshold)}</p>
              </dd>
            </>
          )}
          {budget.replayed != null && (
            <>
              <dt>Replay</dt>
              <dd>the reference's own windows would have raised {plural(budget.replayed, "alert")}</dd>
            </>
          )}
          <dt>Baseline</dt>
          <dd>
            {budget.baseline}
            {budget.season && `, season: ${budget.season}`}
            {budget.gap != null && `, gap: ${plural(budget.gap, "window")}`}
            {budget.why.map((line) => (
              <p class="note">{line}</p>
            ))}
          </dd>
          <dt>Not judged</dt>
          <dd>{budget.not_judged ? `${percent(budget.not_judged)} of the current time` : "nothing of the current time"}</dd>
        </>
      )}
      <dt>Windows</dt>
      <dd>
        {timeline.window}
        {timeline.why && <p class="note">{timeline.why}</p>}
        {leftOut(timeline) && <p class="note">{leftOut(timeline)}</p>}
      </dd>
    </dl>
  );
}
