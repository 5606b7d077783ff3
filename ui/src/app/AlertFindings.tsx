import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { ChangeBar, EffectBar } from "../charts/EffectBar.tsx";
import { Distribution } from "../charts/Distribution.tsx";
import { Key } from "../components/ColumnDetail.tsx";
import { distributionSheet } from "../components/sheets.ts";
import { Tools } from "../components/Tools.tsx";
import { between, capital, dated, declared, exists, number, plural, pValue, signed, withInterval, words } from "../format.ts";
import type { CauseResult, SegmentHit } from "../record.ts";
import { CauseList } from "../report/Causes.tsx";
import type { Evidence, HappenedThen } from "./api.ts";
import { featurePath } from "./routes.ts";
import { TrendChart } from "./TrendChart.tsx";
import { Moment, told } from "./times.tsx";

/** A numbered part of an alert. */
function Part({ id, title, aside, children }: { id: string; title: string; aside?: ComponentChildren; children: ComponentChildren }) {
  return (
    <section id={id} aria-label={title}>
      <div class="section-head">
        <h2>{title}</h2>
        {aside}
      </div>
      {children}
    </section>
  );
}

const FIRST = 4;

export function EvidenceList({ model, evidence, last }: { model: string; evidence: readonly Evidence[]; last: string }) {
  const [all, setAll] = useState(false);
  const shown = all ? evidence : evidence.slice(0, FIRST);
  return (
    <Part id="evidence" title="Evidence" aside={<Key />}>
      {shown.map((one) => (
        <EvidenceRow key={`${one.source} ${one.monitor} ${one.metric}`} model={model} one={one} last={last} />
      ))}
      {!evidence.length && <p class="reason">The last report says nothing more of it.</p>}
      {shown.length < evidence.length && (
        <button type="button" class="more" onClick={() => setAll(true)}>
          Show {number(evidence.length - shown.length)} more
        </button>
      )}
    </Part>
  );
}

/** `last`: end of the last window that showed the alert. */
function EvidenceRow({ model, one, last }: { model: string; one: Evidence; last: string }) {
  const { source, sentence, overall, distribution, trend, surprise, threshold, p_value, reason } = one;
  return (
    <article class={`column ${one.verdict ?? ""}`}>
      <div class="said">
        <h3>
          {distribution || overall ? (
            <a class="name" data-row href={featurePath(model, source)}>
              <bdi>{source}</bdi>
            </a>
          ) : (
            <bdi class="name">{source}</bdi>
          )}
          <span class="kind">{one.monitor}</span>
        </h3>
        <p class="sentence">{told(sentence)}</p>
        {reason && <p class="note">{capital(told(reason))}</p>}
      </div>
      <div class="measured">
        {overall && (
          <>
            <p class="metric">{one.overall_metric ? `${one.overall_metric}, over all judged rows` : "over all judged rows"}</p>
            <p class="value" title={`all judged rows against the reference; ${exists(overall.low) ? "95 % interval" : "no interval is known"}`}>{withInterval(overall.value, overall.low, overall.high, overall.unit)}</p>
            <EffectBar effect={overall} limit={Math.max(0.2, 1.15 * Math.abs(overall.high ?? overall.value ?? 0))} verdict={one.verdict ?? "unknown"} />
            <p class="note">
              <span class="keep">floor {declared(overall.floor, overall.unit)},</span> <span class="keep">adjusted p {pValue(p_value)}</span>
            </p>
          </>
        )}
        {exists(surprise) && exists(threshold) && (
          <p class="note" title="minus the logarithm of how rare such a window is in the reference">
            surprise {number(surprise)}, limit {number(threshold)}
          </p>
        )}
      </div>
      <div class="drawn">
        {distribution && (
          <>
            <Distribution shares={distribution} height={84} most={6} readable />
            <div class="under">
              <span class="note">{one.dates ? dated(one.dates) : "all judged rows"}</span>
              <Tools sheet={distributionSheet(source, distribution)} />
            </div>
          </>
        )}
        {trend && <TrendChart trend={trend} last={last} />}
      </div>
    </article>
  );
}

/** `measured`: of the service itself, so that what is slow or fails is named where it is measured. */
export function Causes({ causes, measured }: { causes: readonly CauseResult[]; measured: boolean }) {
  const [all, setAll] = useState(false);
  const shown = all ? causes : causes.slice(0, FIRST);
  return (
    <Part id="causes" title="Likely causes">
      {causes.length ? (
        <>
          <CauseList causes={shown} />
          {shown.length < causes.length && (
            <button type="button" class="more" onClick={() => setAll(true)}>
              Show {number(causes.length - shown.length)} less likely
            </button>
          )}
        </>
      ) : (
        <p class="reason">
          {measured ? "This is measured of the service itself: the sentence on top names the step or the number. " : "No known cause leaves a proof in the data. "}
          What changed then, below, may say more.
        </p>
      )}
    </Part>
  );
}

/** What is said where no harm is known. `measured`: of the service itself. */
export function unknownHarm(measured: boolean): string {
  return measured ? "Of the service: what the model predicts is judged by itself." : "Performance is not known for this time: neither labels nor an estimate have come.";
}

export function Harm({ harm, segments, measured }: { harm: string; segments: readonly SegmentHit[]; measured: boolean }) {
  const limit = Math.max(...segments.flatMap(({ low, high }) => [Math.abs(low), Math.abs(high)]), 1e-9);
  return (
    <Part id="harm" title="Harm, and who is hit">
      <p class="sentence">{harm || unknownHarm(measured)}</p>
      {!segments.length && !measured && <p class="note">No segment is named: none is worse for certain, or labels of these days are still to come.</p>}
      {segments.length > 0 && (
        <div class="scroll">
          <table>
            <thead>
              <tr>
                <th>Segment</th>
                <th class="n minor">Rows</th>
                <th class="n">Change</th>
                <th class="n">95 % interval</th>
                <th class="wide">against zero</th>
              </tr>
            </thead>
            <tbody>
              {segments.map((hit) => (
                <tr key={`${hit.column} ${hit.value} ${hit.metric}`} title={`${plural(hit.rows, "row")} of the segment against its rows in the reference; 95 % interval of the change`}>
                  <th scope="row">
                    <bdi>{hit.column}</bdi> = <bdi>{hit.value}</bdi>
                  </th>
                  <td class="n minor">{number(hit.rows)}</td>
                  <td class="n">
                    {hit.title} {signed(hit.change)}
                  </td>
                  <td class="n">{between(hit.low, hit.high)}</td>
                  <td class="wide">
                    <ChangeBar value={hit.change} low={hit.low} high={hit.high} limit={limit} verdict="alert" />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Part>
  );
}

export function Changes({ events, changes }: { events: readonly HappenedThen[]; changes: readonly string[] }) {
  return (
    <Part id="then" title="What changed then">
      {events.length + changes.length ? (
        <ul class="then">
          {events.map((event) => (
            <li key={event.id}>
              <b>{event.version ? `${words(event.kind)} ${event.version}` : words(event.kind)}</b> {event.kind !== "version" && event.text}{" "}
              <span class="note">
                <Moment at={event.at} />, {beforeWords(event.hours_before)}
                {event.who && `, ${event.who}`}
              </span>
            </li>
          ))}
          {changes.map((change) => (
            <li key={change}>{change}</li>
          ))}
        </ul>
      ) : (
        <p class="reason">
          Nothing was told: no release, no event, no change of a type or of the traffic. Tell of such things with <code>leadline event</code>.
        </p>
      )}
    </Part>
  );
}

/** `3 hours before it began`. */
export function beforeWords(hours: number): string {
  const size = Math.abs(hours);
  if (size < 0.5) return "when it began";
  const said = size < 48 ? plural(Math.round(size), "hour") : plural(Math.round(size / 24), "day");
  return `${said} ${hours < 0 ? "after" : "before"} it began`;
}

export function Runbook({ steps }: { steps: readonly string[] }) {
  if (!steps.length) return null;
  return (
    <Part id="runbook" title="What to do">
      <ol class="runbook">
        {steps.map((step) => (
          <li key={step}>
            {/^https?:\/\//.test(step) ? (
              <a class="link" href={step} rel="noreferrer noopener" target="_blank">
                {step}
              </a>
            ) : (
              step
            )}
          </li>
        ))}
      </ol>
    </Part>
  );
}
