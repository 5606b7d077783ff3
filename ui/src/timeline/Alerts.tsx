import { useMemo, useState } from "preact/hooks";
import type { NamedSource, ReportRecord, TimelineAlert } from "../record.ts";
import { Mark, Shape } from "../components/Mark.tsx";
import { exists, number, plural, quantity, signed } from "../format.ts";
import { title } from "../record-view.ts";
import type { Control } from "../state.ts";
import { type Axis, percentOf } from "./axis.ts";
import { barsOf, isPast, LEAST, shortNames } from "./bars.ts";
import { surpriseWords } from "./heat.ts";
import { useNarrow } from "./narrow.ts";
import { Fitting, Lane } from "./Plot.tsx";
import type { Scene } from "./scene.ts";
import { alertWords, windowWords, worstFirst } from "./words.ts";

const BAR = 22;

/** Alerts as bars from where they opened to where they closed; each leads to its card. */
export function AlertLane({ scene, axis, show }: { scene: Scene; axis: Axis; show(id: number): void }) {
  const { alerts, windows } = scene.timeline;
  const least = useNarrow() ? LEAST.narrow : LEAST.wide;
  const bars = useMemo(() => barsOf(alerts, windows.length - 1, axis, least), [scene, axis, least]);
  const [focused, focus] = useState<number | null>(null);
  return (
    <Lane
      kind="alerts"
      label={
        <>
          <span class="lane-name">Alerts</span>
          <span class="reading" title="in the windows that are judged">{alerts.length ? tally(alerts) : "none"}</span>
        </>
      }
    >
      <div class="alert-bars" style={{ height: `${Math.max(1, ...bars.map((bar) => bar.track + 1)) * BAR}px` }}>
        {bars.map(({ alert, id, left, right, loud, track, words }) => {
          const names = alert.sources.map(({ source }) => source).join(", ");
          const kind = `${alert.tier}${alert.closed == null ? " still" : ""}${isPast(alert) ? " past" : ""}`;
          const top = `${track * BAR}px`;
          return (
            <>
              <button
                key={id}
                type="button"
                class={`alert-bar ${kind}`}
                style={{ left: percentOf(left), width: percentOf(right - left), top }}
                title={`${alert.sentence}\n${alertWords(alert, scene.clock)}`}
                aria-label={`${alert.tier}: ${names}, ${alertWords(alert, scene.clock)}`}
                onClick={() => show(id)}
                onFocus={(event) => event.currentTarget.matches(":focus-visible") && focus(id)}
                onBlur={() => focus(null)}
              >
                <span class="loud" style={{ width: percentOf(loud) }} />
                <Shape verdict={alert.tier} />
              </button>
              <Fitting kind={`alert-words ${kind}${words.left === left ? " within" : ""}`} span={words} top={top}>
                <bdi>{shortNames(alert)}</bdi>
              </Fitting>
              {focused === id && (
                <div class="tip" style={{ top: `${(track + 1) * BAR + 2}px`, ...(left > 0.5 ? { right: percentOf(1 - right) } : { left: percentOf(left) }) }}>
                  <strong>{alert.sentence}</strong>
                  <span class="muted">{alertWords(alert, scene.clock)}</span>
                </div>
              )}
            </>
          );
        })}
      </div>
    </Lane>
  );
}

function tally(alerts: readonly TimelineAlert[]): string {
  const count = (tier: TimelineAlert["tier"]) => alerts.filter((alert) => alert.tier === tier).length;
  return [count("alert") && plural(count("alert"), "alert"), count("warning") && plural(count("warning"), "warning")].filter(Boolean).join(" · ");
}

const FIRST = 4;

interface CardsProps {
  record: ReportRecord;
  scene: Scene;
  control: Control;
  chosen: number | null;
  unfold(source: string): void;
}

/** Alerts in words, worst first: what happened, and of the worst who is named, how much and since when. */
export function AlertCards({ record, scene, control, chosen, unfold }: CardsProps) {
  const [all, setAll] = useState(false);
  const { alerts } = scene.timeline;
  if (!alerts.length) return <p class="reason">None in the current windows.</p>;
  const sorted = worstFirst(alerts);
  const wanted = all || sorted.findIndex(({ id }) => id === chosen) >= FIRST;
  const shown = wanted ? sorted : sorted.slice(0, FIRST);
  return (
    <>
      {shown.map(({ alert, id }, place) => (
        <article class={`alert-card ${alert.tier}`} id={cardId(id)} key={id} tabIndex={-1}>
          <p class="alert-head">
            <Mark verdict={alert.tier} /> <span class="note">{alertWords(alert, scene.clock)}</span>
          </p>
          <p class="sentence">{alert.sentence}</p>
          {alert.harm && <p class="note">{alert.harm}</p>}
          <LikelyCause record={record} alert={alert} />
          {place === 0 || id === chosen || control.view.open.has(cardId(id)) ? (
            <Sources record={record} scene={scene} sources={alert.sources} unfold={unfold} />
          ) : (
            <button type="button" class="link" onClick={() => control.toggle(cardId(id))}>
              {plural(alert.sources.length, "source")} named
            </button>
          )}
        </article>
      ))}
      {shown.length < sorted.length && (
        <button type="button" class="more" onClick={() => setAll(true)}>
          Show {plural(sorted.length - shown.length, "more alert")}
        </button>
      )}
    </>
  );
}

/** The likeliest cause of an alert, unless the report tells it already of the worst. */
function LikelyCause({ record, alert }: { record: ReportRecord; alert: TimelineAlert }) {
  const [cause] = alert.causes ?? [];
  if (!cause || record.causes.some(({ sentence }) => sentence === cause.sentence)) return null;
  return (
    <p class="note">
      <b>{cause.title}.</b> {cause.sentence}
    </p>
  );
}

export const cardId = (id: number) => `alert-${id}`;

function Sources({ record, scene, sources, unfold }: Pick<CardsProps, "record" | "scene" | "unfold"> & { sources: NamedSource[] }) {
  const named = new Set(scene.timeline.heat.map((row) => row.source));
  return (
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th>Named</th>
            <th class="minor">Measured by</th>
            <th class="n">Effect</th>
            <th class="minor">Against the budget</th>
            <th title="Its window of the largest surprise, which the effect and the rarity are of">Strongest on</th>
          </tr>
        </thead>
        <tbody>
          {sources.map((each) => (
            <tr title={windowWords(scene, each.window)}>
              <th scope="row" title={each.sentence}>
                {named.has(each.source) ? (
                  <button type="button" class="name" onClick={() => unfold(each.source)}>
                    <bdi>{each.source}</bdi>
                  </button>
                ) : (
                  <bdi>{each.source}</bdi>
                )}
              </th>
              <td class="minor">{title(record, each.channel)}</td>
              <td class="n">{effectWords(each)}</td>
              <td class="minor" title={`surprise ${number(each.surprise)}`}>
                {surpriseWords(each.surprise, scene.timeline.budget)}
              </td>
              <td class="keep">{scene.clock.start(each.window)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function effectWords({ source, effect, unit }: NamedSource): string {
  if (!exists(effect)) return "";
  return source.endsWith("performance") || unit === "share" ? signed(effect, unit) : quantity(effect, unit);
}
