import type { ReportRecord } from "../record.ts";
import { percent } from "../format.ts";

const SHOWN = 8;

/** Why it alerts: the likely causes with their proof, and what became of performance. */
export function Causes({ record }: { record: ReportRecord }) {
  const causes = record.causes.slice(0, SHOWN);
  if (!causes.length && !record.harm) return null;
  return (
    <section id="causes" aria-label="Likely causes">
      <h2>{causes.length ? "Likely causes" : "Harm"}</h2>
      {record.explained && <p class="note">of what the windows from {record.explained} say</p>}
      {causes.length > 0 && (
        <ol class="causes">
          {causes.map((cause) => (
            <li key={cause.key}>
              <b>{cause.title}</b> {cause.sentence}
              {cause.share != null && (
                <span class="note" title="Part of the change that is gone when this cause is undone">
                  {" "}
                  explains {percent(cause.share)}
                </span>
              )}
            </li>
          ))}
        </ol>
      )}
      {record.harm && (
        <p class="sentence">
          {causes.length > 0 && <b>Harm. </b>}
          {record.harm}
        </p>
      )}
    </section>
  );
}
