import type { ReportRecord } from "../record.ts";
import { declared, plural } from "../format.ts";

/** What the verdicts rest on, and what each metric is. */
export function Method({ record }: { record: ReportRecord }) {
  return (
    <div class="method">
      {record.timeline?.budget && (
        <p>
          {record.timeline.budget.decides
            ? "The verdict follows from the windows over time; what is said here of the tables as wholes is shown only. "
            : "The verdict follows from the tables as wholes; windows over time are shown only. "}
          A window's surprise is how far its most unusual column or metric lies in the tail of what the reference's own windows show; the
          threshold is the smallest at which replaying the reference keeps the budget.
        </p>
      )}
      <p>
        Each column's votes are joined into one p-value for the sizes at hand; the p-values of all {plural(record.channels, "channel")} are
        corrected together (Holm), so that a check of unchanged data raises an alert at a rate of at most {declared(record.false_alarm_rate)}.
        An alert also needs an effect beyond its floor, so that many rows do not make a small change loud. Every other metric is shown
        and does not vote.
      </p>
      {record.assumptions.length > 0 && (
        <ul>
          {record.assumptions.map((line) => (
            <li>{line}</li>
          ))}
        </ul>
      )}
      <p class="note">
        Leadline {record.leadline_version} · fingerprints: reference {record.reference.fingerprint ?? "none"}, current{" "}
        {record.current.fingerprint ?? "none"}
      </p>
      <dl class="glossary">
        {Object.entries(record.metrics).map(([key, metric]) => (
          <>
            <dt>
              {metric.title} <code>{key}</code>
            </dt>
            <dd>
              {metric.summary} {metric.reference && <span class="muted">{metric.reference}</span>}
            </dd>
          </>
        ))}
      </dl>
    </div>
  );
}
