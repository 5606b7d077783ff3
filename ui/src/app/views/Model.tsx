import { useMemo } from "preact/hooks";
import { day, plural } from "../../format.ts";
import { useKeys } from "../../keyboard.ts";
import { Mark } from "../../components/Mark.tsx";
import { LinksContext } from "../../links.ts";
import type { ReportRecord, Side } from "../../record.ts";
import { ChangedColumns, Columns, HowJudged, Why } from "../../report/Report.tsx";
import { OverTime } from "../../timeline/OverTime.tsx";
import type { TimeMark } from "../../timeline/marks.ts";
import { lastOver } from "../../timeline/words.ts";
import { AlertLines, acknowledgeFirst, useLiving } from "../AlertLines.tsx";
import type { PlainAlert } from "../api.ts";
import { addressOf, ask, Failure } from "../client.ts";
import { Faults } from "../Faults.tsx";
import { Operations } from "../Operations.tsx";
import { ofModel, useResource } from "../resource.ts";
import { go, useQueryView } from "../router.ts";
import { alertPath, comparePath, explorePath, FLEET, featurePath, settingsPath } from "../routes.ts";
import { useViewer } from "../session.ts";
import { Empty, Fetched } from "../States.tsx";
import { useTitle } from "../title.ts";

/** One model: what is said of it, and everything over time on one axis. */
export function Model({ model }: { model: string }) {
  const report = useResource(`report ${model}`, (signal) => reportOf(model, signal), (change) => change.kind === "judgement" && ofModel(model)(change));
  const alerts = useLiving(model);
  const events = useResource(
    `events ${model}`,
    async (signal) => (await ask("GET /api/v1/events", { query: { model }, signal })).items,
    (change) => change.kind === "event" && ofModel(model)(change),
  );
  const marks = useMemo(() => (events.value ?? []).map(markOf), [events.value]);
  const unknown = report.value === undefined && report.failure?.status === 404;
  useTitle(`${model} · Leadline`);
  return (
    <main class="model">
      <header class="model-head">
        <p class="crumbs">
          <a class="link" href={FLEET}>
            Fleet
          </a>{" "}
          / <bdi>{model}</bdi>
        </p>
        {!unknown && <Ways model={model} />}
      </header>
      <Fetched of={report} what="model">
        {(record) => (record ? <Judged model={model} record={record} marks={marks} alerts={alerts.value ?? []} /> : <NotJudged model={model} />)}
      </Fetched>
    </main>
  );
}

/** From a model to what else there is of it. */
function Ways({ model }: { model: string }) {
  const path = { name: model };
  return (
    <p class="actions">
      <a class="link" href={comparePath(model)}>
        Compare
      </a>
      <a class="link" href={explorePath(model)}>
        Explore
      </a>
      <a class="link" href={settingsPath("monitors", { model })}>
        Monitors
      </a>
      <span class="note">Download:</span>
      <a class="link" href={addressOf("/models/{name}/report.html", path)} download={`${model}.html`}>
        report
      </a>
      <a class="link" href={addressOf("/api/v1/models/{name}/report", path)} download={`${model}.json`}>
        JSON
      </a>
    </p>
  );
}

/** null: it is known, but nothing has been said of it yet. */
async function reportOf(model: string, signal: AbortSignal): Promise<ReportRecord | null> {
  try {
    return await ask("GET /api/v1/models/{name}/report", { path: { name: model }, signal });
  } catch (error) {
    if (!(error instanceof Failure) || error.status !== 404) throw error;
    const { items } = await ask("GET /api/v1/models", { signal });
    if (items.some(({ name }) => name === model)) return null;
    throw new Failure(404, { message: `No model is named ${model}.` });
  }
}

interface JudgedProps {
  model: string;
  record: ReportRecord;
  marks: readonly TimeMark[];
  alerts: readonly PlainAlert[];
}

function Judged({ model, record, marks, alerts }: JudgedProps) {
  const control = useQueryView();
  const viewer = useViewer();
  const links = useMemo(() => ({ feature: (column: string) => featurePath(model, column) }), [model]);
  const { order } = control.view;
  useKeys({
    s: () => control.sort(order === "harm" ? "name" : "harm"),
    a: () => viewer.writes && void acknowledgeFirst(alerts),
    e: () => alerts[0] && go(alertPath(alerts[0].id)),
  });
  return (
    <LinksContext.Provider value={links}>
      <Said record={record} alerts={alerts} />
      <Faults model={model} />
      <Why record={record} />
      {record.timeline && <OverTime record={record} timeline={record.timeline} control={control} marks={marks} />}
      <Operations record={record} model={model} control={control} />
      <ChangedColumns record={record} control={control} />
      <Columns record={record} control={control} />
      <HowJudged record={record} control={control} />
    </LinksContext.Provider>
  );
}

/** The verdict in a sentence, the alerts that live, and what is compared. */
function Said({ record, alerts }: { record: ReportRecord; alerts: readonly PlainAlert[] }) {
  const { reference, current } = record;
  const living = alerts.some(({ tier }) => tier === "alert") ? "alert" : alerts.length ? "warning" : null;
  const decides = record.timeline?.budget?.decides;
  const now = living ?? (decides && record.verdict !== "unknown" ? "ok" : record.verdict);
  return (
    <header class={`said-head ${now}`}>
      <Mark verdict={now} word={now === "ok" ? quietWords(record) : undefined} />
      <h1>{record.headline}</h1>
      <AlertLines alerts={alerts} />
      <p class="note sides-note">
        <SideWords side={reference} name="reference" /> <SideWords side={current} name="current" />
      </p>
    </header>
  );
}

/** `Quiet now; what follows was over on 14 Dec 2026`: the headline is of all judged rows. */
function quietWords({ timeline, verdict }: ReportRecord): string {
  const over = verdict === "alert" && timeline ? lastOver(timeline) : null;
  return over ? `Quiet now; what follows was over on ${day(over)}` : "Quiet now";
}

function SideWords({ side, name }: { side: Side; name: "reference" | "current" }) {
  const versions = Object.keys(side.versions);
  return (
    <span class="side-words">
      <span class={`key-${name}`} aria-hidden="true" /> 
      <span title={side.start ? `${side.start} to ${side.end ?? ""} (UTC)` : undefined}>
        {name} {plural(side.rows, "row")}
        {side.start && `, ${day(side.start)} to ${day(side.end)}`}
        {versions.length > 0 && `, version${versions.length > 1 ? "s" : ""} ${versions.join(", ")}`}
      </span>
    </span>
  );
}

function NotJudged({ model }: { model: string }) {
  const viewer = useViewer();
  const models = useResource(`waiting ${model}`, (signal) => ask("GET /api/v1/models", { signal }), ofModel(model));
  const found = models.value?.items.find(({ name }) => name === model);
  return (
    <Empty title={`${model} is not judged yet.`}>
      <p>
        <Mark verdict="unknown" word="Not judged" /> {found?.problem || (found?.waiting_for && `It waits for ${found.waiting_for}.`)}
      </p>
      {found?.waiting_for === "a baseline" && viewer.writes && (
        <p class="actions">
          <a class="button primary" href={`${settingsPath("models")}?learn=${encodeURIComponent(model)}`}>
            Learn it from its rows
          </a>
          <a class="link" href={`${settingsPath("models")}?add=${encodeURIComponent(model)}`}>
            From a file
          </a>
          <span class="note">or from a terminal:</span>
        </p>
      )}
      {found?.waiting_for === "a baseline" && (
        <pre>{`leadline baseline reference.parquet -o ${model}.leadline
curl --data-binary @${model}.leadline ${location.origin}${addressOf("/api/v1/models/{name}/baseline", { name: model })} -H "Authorization: Bearer $LEADLINE_TOKEN"`}</pre>
      )}
    </Empty>
  );
}

function markOf({ at, kind, version, text }: { at: string; kind: string; version: string; text: string }): TimeMark {
  return { at, kind, name: version ? `v${version}` : kind, text };
}
