import type { DetectorResult, ReportRecord } from "../record.ts";
import { number, plural } from "../format.ts";

const SHOWN = 12;

/** What row-wise detectors said of the model's errors, with what their word is worth. */
export function Detectors({ record }: { record: ReportRecord }) {
  if (!record.detectors.length) return null;
  return (
    <section id="detectors" aria-label="Row-wise detectors">
      <h2>Row-wise detectors</h2>
      <p class="note">They stand outside the budget: how often they see a change where there is none is not calibrated.</p>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th>Detector</th>
              <th class="n">Changes</th>
              <th>At</th>
              <th class="n">Rows</th>
            </tr>
          </thead>
          <tbody>
            {record.detectors.map((detector) => (
              <tr key={detector.key}>
                <th scope="row">{detector.title}</th>
                <td class="n">{detector.reason ? "" : number(detector.changes)}</td>
                <td>{detector.reason ? <span class="note">{detector.reason}</span> : places(detector)}</td>
                <td class="n" title={`${plural(detector.warmed_up, "row")} of the reference before them`}>
                  {number(detector.looked_at)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function places({ changes, times, rows }: DetectorResult): string {
  const told = times.length ? times.map((time) => time.slice(0, 16).replace("T", " ")) : rows.map((row) => `row ${number(row)}`);
  const more = changes > SHOWN ? ` and ${number(changes - SHOWN)} more` : "";
  return told.slice(0, SHOWN).join(", ") + more;
}
