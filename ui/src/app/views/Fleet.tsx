import { useKeys } from "../../keyboard.ts";
import type { Line, ModelOverview, Summary } from "../api.ts";
import { Lazy } from "../../components/Lazy.tsx";
import { Mark, Shape } from "../../components/Mark.tsx";
import { Csv } from "../../components/Tools.tsx";
import { declared, exists, plural, quantity, unitWords, withInterval } from "../../format.ts";
import type { Verdict } from "../../record.ts";
import { change } from "../AlertActions.tsx";
import { BudgetOfFleet } from "../BudgetOfFleet.tsx";
import { ask } from "../client.ts";
import { Faults } from "../Faults.tsx";
import { counts, fleetSheet, headline, lastOf, rateWords, sortFleet, stateOf, tallyOf } from "../fleet.ts";
import { ofAny, useResource } from "../resource.ts";
import { useQuery } from "../router.ts";
import { alertPath, modelPath } from "../routes.ts";
import { useViewer } from "../session.ts";
import { Sparkline } from "../Sparkline.tsx";
import { Empty, Fetched } from "../States.tsx";
import { lasting, Moment, momentWords, told, utcWords } from "../times.tsx";
import { useTitle } from "../title.ts";

/** Every model, worst first. */
export function Fleet() {
  const models = useResource("fleet", (signal) => ask("GET /api/v1/models", { signal }), ofAny);
  const items = models.value?.items;
  useTitle(items ? `${headline(items)} · Leadline` : "Leadline");
  return (
    <main class="fleet">
      <Fetched of={models} what="list of models">
        {({ items }) => (items.length ? <Models models={items} /> : <NoModels />)}
      </Fetched>
    </main>
  );
}

function Models({ models }: { models: ModelOverview[] }) {
  const [order, setOrder] = useQuery("order");
  const [shown, setShown] = useQuery("quiet");
  const viewer = useViewer();
  const { loud, quiet } = sortFleet(models, order === "name" ? "name" : "harm");
  // Quiet models fold to make room; where there is room for all, nothing needs to hide.
  const roomy = SAID * loud.length + quiet.length <= FITS;
  const unfolded = shown ? shown === "shown" : roomy;
  useKeys({
    s: () => setOrder(order === "name" ? "" : "name"),
    e: () => explained()?.click(),
    a: () => {
      const number = explained()?.dataset["alert"];
      if (viewer.writes && number) void change(Number(number), "acknowledge");
    },
  });
  return (
    <>
      <header class="fleet-head">
        <h1 class={tallyOf(models).alerts ? "loud" : ""}>
          {tallyOf(models).alerts > 0 && <Shape verdict="alert" />}
          {headline(models)}
        </h1>
        <p class="note">{counts(models)}</p>
        <button type="button" class="quiet-button" onClick={() => setOrder(order === "name" ? "" : "name")}>
          Order: {order === "name" ? "name" : "worst first"} <kbd>s</kbd>
        </button>
        <Csv sheet={fleetSheet(models)} />
        <BudgetOfFleet />
      </header>
      <Faults />
      {loud.length > 0 && <Table name="Models" models={loud} />}
      {quiet.length > 0 && (loud.length > 0 || !roomy || !unfolded) && (
        <button type="button" class="quiet-line" data-row aria-expanded={unfolded} onClick={() => setShown(unfolded ? "folded" : "shown")}>
          <span class="chevron" aria-hidden="true" />
          <span>
            <Shape verdict="ok" /> quiet: {plural(quiet.length, "model")}
          </span>
          {!unfolded && <span class="note names">{quiet.slice(0, 12).map((model) => model.name).join(" · ")}</span>}
        </button>
      )}
      {unfolded && quiet.length > 0 && <Table name="Quiet models" models={quiet} below={loud.length > 0} />}
    </>
  );
}

/** `below`: another table, whose heads stand above the same columns. */
function Table({ name, models, below = false }: { name: string; models: readonly ModelOverview[]; below?: boolean }) {
  return (
    <div class="models" role="table" aria-label={name}>
      <div class={`model-row head${below ? " sr" : ""}`} role="row">
        {HEADS.map(([head, kind]) => (
          <span role="columnheader" class={kind}>
            {head}
          </span>
        ))}
      </div>
      {inPieces(models).map((piece, i) => (
        <Rows key={i} models={piece} first={i === 0} />
      ))}
    </div>
  );
}

/** Lines that are drawn together when they come near the view. */
const PIECE = 50;
const LINE = 29;

function inPieces(models: readonly ModelOverview[]): ModelOverview[][] {
  const count = Math.ceil(models.length / PIECE);
  return Array.from({ length: count }, (_, i) => models.slice(i * PIECE, (i + 1) * PIECE));
}

function Rows({ models, first }: { models: ModelOverview[]; first: boolean }) {
  const rows = () => models.map((model) => <ModelRow key={model.name} model={model} />);
  return <div role="rowgroup">{first ? rows() : <Lazy height={models.length * LINE}>{rows}</Lazy>}</div>;
}

/** The way to the alert of the line that has the focus, else of the first line that has one. */
function explained(): HTMLElement | null {
  const row = document.activeElement?.closest(".model-row") ?? document;
  return row.querySelector<HTMLElement>(".explain");
}

/** Lines that a screen of 1440 x 900 shows, and those that a model with something to say takes. */
const FITS = 24;
const SAID = 2;

const HEADS = [
  ["Model", "c-name"],
  ["Performance", "c-performance"],
  ["Latest windows", "c-trend"],
  ["Estimated", "c-estimated"],
  ["Traffic", "c-traffic n"],
  ["Last row", "c-fresh n"],
  ["Labels", "c-labels n"],
  ["Alerts", "c-alerts n"],
] as const;

const MARKS: Record<ReturnType<typeof stateOf>, Verdict> = { alert: "alert", warning: "warning", problem: "unknown", waiting: "unknown", ok: "ok" };

function ModelRow({ model }: { model: ModelOverview }) {
  const state = stateOf(model);
  const { summary } = model;
  // Until a change was told there is one.
  const version = model.version || summary?.versions[0];
  const [realised, estimated] = (["realised", "estimated"] as const).map((kind) => summary?.lines.find((line) => line.kind === kind));
  return (
    <div class={`model-row ${state}`} role="row">
      <span class="c-name" role="cell">
        <Mark verdict={MARKS[state]} word={WORDS[state]} />
        <a class="name" data-row href={modelPath(model.name)}>
          <bdi>{model.name}</bdi>
        </a>
        {version && (
          <span class="note version" title={model.version_at ? `since ${momentWords(model.version_at)} (${utcWords(model.version_at)})` : undefined}>
            v<bdi>{version}</bdi>
          </span>
        )}
      </span>
      <span class="c-performance" role="cell">
        {realised && exists(realised.values[lastOf(realised)]) ? <Value line={realised} named /> : <span class="note">{noValue(model)}</span>}
      </span>
      <span class="c-trend" role="cell" title={summary ? trendWords(summary) : undefined}>
        {summary && <Sparkline lines={summary.lines} label={trendWords(summary)} apart={summary.width === BY_VERSION} />}
      </span>
      <span class="c-estimated" role="cell">
        {estimated && <Value line={estimated} named={!realised} />}
      </span>
      <span class="c-traffic n" role="cell" title="predictions in the latest full window">
        {rateWords(summary?.per_second)}
      </span>
      <span class="c-fresh n" role="cell" title={exists(model.fresh_seconds) ? "since the last prediction was received" : undefined}>
        {exists(model.fresh_seconds) ? lasting(model.fresh_seconds) : ""}
      </span>
      <span class="c-labels n" role="cell" title={exists(summary?.labelled) ? "labels that have come, of those to be expected" : undefined}>
        {exists(summary?.labelled) ? declared(Math.round(summary.labelled * 100) / 100, "share") : ""}
      </span>
      <span class="c-alerts n" role="cell" title={model.open_alerts ? "alerts that live: open, acknowledged or snoozed" : undefined}>
        {model.open_alerts > 0 ? <strong class="alert-text">{model.open_alerts}</strong> : ""}
      </span>
      {state !== "ok" && (
        <p class="c-said" role="cell">
          {said(model)}
          {exists(model.alert) && (
            <>
              {TOGETHER}
              <a class="link explain" data-alert={model.alert} href={alertPath(model.alert)}>
                explain
              </a>
              {model.open_alerts > 1 && (
                <>
                  {" "}
                  <a class="link" href={modelPath(model.name)} title="alerts that live: open, acknowledged or snoozed; the one that is furthest beyond where alerts begin is said here">
                    and {plural(model.open_alerts - 1, "other alert")}
                  </a>
                </>
              )}
            </>
          )}
        </p>
      )}
    </div>
  );
}

/** A space at which no line ends: a link of one word does not stand alone. */
const TOGETHER = "\u00a0";

const WORDS = { alert: "Alert", warning: "Warning", problem: "Failing", waiting: "Not judged", ok: "Quiet" } as const;

function said(model: ModelOverview) {
  const { problem, headline, waiting_for, judged_at, summary } = model;
  if (problem) return `The last round could not judge it: ${problem}`;
  if (summary && judged_at) {
    // What is said is what the link beside it explains.
    const { alert_sentence: sentence, alert_since: since, alert_harm: harm } = exists(model.alert)
      ? model
      : { alert_sentence: summary.sentence, alert_since: summary.since, alert_harm: summary.now === "alert" ? summary.harm : "" };
    return (
      <>
        {told(sentence || headline)}
        {since && !sentence.includes(" since ") && (
          <>
            {" "}
            <span class="note">
              since <Moment at={since} />
            </span>
          </>
        )}
        {harm && ` ${harm}`}
      </>
    );
  }
  return (
    <>
      Waits for {waiting_for}.{judged_at && <> Judged last <Moment at={judged_at} />.</>}
    </>
  );
}

function noValue({ summary }: ModelOverview): string {
  if (!summary) return "";
  return summary.labelled === 0 || !summary.lines.length ? "no labels yet" : "not known yet";
}

function Value({ line, named = false }: { line: Line; named?: boolean }) {
  const at = lastOf(line);
  if (at < 0) return null;
  return (
    <span title={valueWords(line, at)}>
      {named && <span class="note">{line.title} </span>}
      <span class={named ? "value" : "value note"}>{withInterval(line.values[at], line.low[at], line.high[at], line.unit)}</span>
      {named && exists(line.reference) && <span class="was ref"> ref {quantity(line.reference, line.unit)}</span>}
    </span>
  );
}

/** What the value of a window is, and what it is computed from. */
function valueWords({ title, kind, unit, values, low, reference }: Line, at: number): string {
  const from = values.length - 1 - at;
  const window = from ? `${plural(from, "window")} before the latest` : "that came last";
  const parts = [`${title}, ${kind}, in the window ${window}`, exists(low[at]) && "95 % interval", `median of the reference ${quantity(reference, unit)}`, unitWords(unit)];
  return parts.filter(Boolean).join("; ");
}

/** What a window is called where each version of the model is one. */
const BY_VERSION = "version";

function trendWords({ lines, width }: Summary): string {
  const line = lines[0];
  return line ? `${line.title} over the latest ${plural(line.values.length, width === BY_VERSION ? BY_VERSION : "window")}` : "";
}

function NoModels() {
  return (
    <Empty title="No model has sent anything yet.">
      <p>Give a model a baseline and log its predictions:</p>
      <pre>{`leadline baseline reference.parquet -o credit.leadline
curl --data-binary @credit.leadline ${location.origin}/api/v1/models/credit/baseline -H "Authorization: Bearer $LEADLINE_TOKEN"

monitor = Leadline("${location.origin}").model("credit", version="7")
monitor.log(features=row, score=score, id=request_id)`}</pre>
      <p>
        Or look at one that is alive: <code>leadline demo</code>.
      </p>
    </Empty>
  );
}
