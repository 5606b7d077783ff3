import type { CauseResult, ReportRecord } from "../record.ts";
import { dated, exists, fixed, type Maybe, THIN } from "../format.ts";

const SHOWN = 8;

/** Why it alerts: the likely causes with their proof, and what became of performance. */
export function Causes({ record }: { record: ReportRecord }) {
  const causes = record.causes.slice(0, SHOWN);
  if (!causes.length && !record.harm) return null;
  return (
    <section id="causes" aria-label="Likely causes">
      <div class="section-head">
        <h2>{causes.length ? "Likely causes" : "Harm"}</h2>
        {record.explained && <p class="note">of what the windows from {dated(record.explained)} say</p>}
      </div>
      {causes.length > 0 && <CauseList causes={causes} />}
      {record.harm && (
        <p class="sentence harm">
          {causes.length > 0 && <b>Harm. </b>}
          {record.harm}
        </p>
      )}
    </section>
  );
}

/** Causes in their order, side by side where there is room, each with how much of the change it explains. */
export function CauseList({ causes }: { causes: readonly CauseResult[] }) {
  return (
    <ol class="causes">
      {causes.map((cause) => (
        <li key={`${cause.key} ${cause.columns.join()}`}>
          <b>{cause.title}</b> {cause.sentence}
          <Explained share={cause.share} />
        </li>
      ))}
    </ol>
  );
}

function Explained({ share }: { share: Maybe<number> }) {
  if (!exists(share)) return null;
  const whole = Math.min(1, Math.max(0, share)) * 100;
  return (
    <span class="share-line" title="Part of the change that is gone when this cause is undone">
      <span class="share-track" aria-hidden="true">
        <span style={{ width: `${whole}%` }} />
      </span>
      <span class="note">
        explains {fixed(whole, 0)}
        {THIN}%
      </span>
    </span>
  );
}
