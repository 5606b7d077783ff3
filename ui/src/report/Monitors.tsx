import type { MonitorResult, ReportRecord } from "../record.ts";
import { Mark } from "../components/Mark.tsx";
import { exists, NONE, number, plural, quantity } from "../format.ts";
import { limits, loudFirst } from "../record-view.ts";

/** Declared monitors, those that alert first, each with what it would have raised in the reference. */
export function Monitors({ record }: { record: ReportRecord }) {
  if (!record.monitors.length) return null;
  return (
    <section id="monitors" aria-label="Monitors">
      <h2>Monitors</h2>
      <p class="note">Limits of your own. The budget of false alerts does not cover them: the last column says how often each would have alerted in the reference.</p>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th>Monitor</th>
              <th>Verdict</th>
              <th>What happened</th>
              <th class="n">Latest</th>
              <th class="n">Reference</th>
              <th class="n">Allowed</th>
              <th class="n">Backtested</th>
            </tr>
          </thead>
          <tbody>
            {loudFirst(record.monitors).map((monitor) => (
              <tr class={monitor.verdict} key={monitor.name}>
                <th scope="row">
                  <bdi>{monitor.name}</bdi>
                </th>
                <td>
                  <Mark verdict={monitor.verdict} word={monitor.verdict === "ok" ? "Within" : undefined} />
                </td>
                <td>
                  {monitor.verdict === "unknown" ? <span class="note">{monitor.reason}</span> : monitor.alerts.length > 0 && said(monitor)}
                  <Runbook monitor={monitor} />
                </td>
                <td class="n">{quantity(monitor.values.findLast(exists), monitor.unit)}</td>
                <td class="n was">{quantity(monitor.reference, monitor.unit)}</td>
                <td class="n">{limits(monitor)}</td>
                <td class="n" title={replayed(monitor)}>
                  {exists(monitor.rate) ? `${number(monitor.rate)} in 30 days` : NONE}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function said({ alerts }: MonitorResult): string {
  const more = alerts.length > 1 ? ` ${plural(alerts.length, "alert")} in all.` : "";
  return alerts.at(-1)!.sentence + more;
}

/** An address is a link; what to do is a sentence. */
function Runbook({ monitor: { runbook, alerts } }: { monitor: MonitorResult }) {
  if (!runbook || !alerts.length) return null;
  return /^https?:\/\//.test(runbook) ? (
    <p>
      <a class="link" href={runbook} rel="noreferrer noopener">
        Runbook
      </a>
    </p>
  ) : (
    <p class="note">{runbook}</p>
  );
}

function replayed({ replayed, replayed_days }: MonitorResult): string {
  return exists(replayed) && exists(replayed_days) ? `${plural(replayed, "alert")} in ${number(replayed_days)} days of the reference` : "";
}
