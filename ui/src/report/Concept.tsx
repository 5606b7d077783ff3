import type { ConceptSplit, ReportRecord } from "../record.ts";
import { between, exists, signed } from "../format.ts";

/** Whether labels depend on the inputs as in the reference, and which part of each metric's change that is. */
export function Concept({ record }: { record: ReportRecord }) {
  const concept = record.concept;
  if (!concept || concept.reason) return null;
  return (
    <section id="concept" class="side-by-side" aria-label="Labels and inputs">
      <div>
        <h2>Labels and inputs</h2>
        <p class="sentence">{concept.sentence}</p>
        {concept.caution && <p class="reason">May be far off: {concept.caution}.</p>}
        <p class="note">{concept.rows}</p>
      </div>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th>Metric</th>
              <th class="n">Change</th>
              <th class="n" title="If the reference's inputs met today's labels">
                From the labels
              </th>
              <th class="n" title="What other inputs do at today's labels">
                From other inputs
              </th>
            </tr>
          </thead>
          <tbody>
            {Object.entries(concept.splits).map(([key, split]) => (
              <tr key={key} title={`${concept.rows} Beside each part: its 95 % interval.`}>
                <th scope="row">{record.metrics[key]?.title ?? key}</th>
                <td class="n">{signed(split.realised)}</td>
                <Part split={split} part="concept" />
                <Part split={split} part="covariate" />
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Part({ split, part }: { split: ConceptSplit; part: "concept" | "covariate" }) {
  const [low, high] = [split[`${part}_low`], split[`${part}_high`]];
  return (
    <td class="n">
      {signed(split[part])} {exists(low) && exists(high) && <span class="note">{between(low, high)}</span>}
    </td>
  );
}
