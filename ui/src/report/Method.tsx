import type { ReportRecord } from "../record.ts";
import { declared, plural } from "../format.ts";

/** What the verdicts rest on, and what each metric is. */
export function Method({ record }: { record: ReportRecord }) {
  return (
    <div class="method">
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
