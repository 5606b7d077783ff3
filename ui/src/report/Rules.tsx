import type { ReportRecord } from "../record.ts";
import { Mark } from "../components/Mark.tsx";
import { number, plural } from "../format.ts";
import { SEVERITY } from "../record-view.ts";

/** Declared validation rules, broken ones first. */
export function Rules({ record }: { record: ReportRecord }) {
  if (!record.rules.length) return null;
  const rules = [...record.rules].sort((a, b) => SEVERITY[a.verdict] - SEVERITY[b.verdict]);
  return (
    <section id="rules" aria-label="Rules">
      <h2>Rules</h2>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th>Column</th>
              <th>Rule</th>
              <th>Verdict</th>
              <th class="n">Broken</th>
              <th class="n">Rows</th>
              <th>Examples</th>
            </tr>
          </thead>
          <tbody>
            {rules.map((rule) => (
              <tr class={rule.verdict} title={`${plural(rule.broken, "row")} of ${number(rule.rows)} break it, all counted`}>
                <th scope="row">
                  <bdi>{rule.column}</bdi>
                </th>
                <td>{rule.rule}</td>
                <td>
                  <Mark verdict={rule.verdict} word={rule.verdict === "ok" ? "Kept" : rule.verdict === "alert" ? "Broken" : undefined} />
                </td>
                <td class="n">{number(rule.broken)}</td>
                <td class="n">{number(rule.rows)}</td>
                <td>
                  {rule.examples.length > 0 && <bdi>{rule.examples.join(", ")}</bdi>}
                  {!rule.examples.length && rule.verdict === "unknown" && <span class="note">{rule.reason}</span>}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
