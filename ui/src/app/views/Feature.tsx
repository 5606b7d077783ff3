import { ColumnDetail } from "../../components/ColumnDetail.tsx";
import { Mark } from "../../components/Mark.tsx";
import { EffectBar } from "../../charts/EffectBar.tsx";
import { dated, declared, exists, pValue, withInterval } from "../../format.ts";
import { info, rowsWords, title } from "../../record-view.ts";
import type { ColumnResult, ReportRecord, Timeline } from "../../record.ts";
import { AlertLines, useLiving } from "../AlertLines.tsx";
import { Crumbs } from "../Crumbs.tsx";
import { FeaturePanels } from "../FeaturePanels.tsx";
import type { FeatureOverTime, PlainAlert } from "../api.ts";
import { ask } from "../client.ts";
import { ofModel, useResource } from "../resource.ts";
import { useQueryView } from "../router.ts";
import { modelPath } from "../routes.ts";
import { Empty, Fetched } from "../States.tsx";
import { useTitle } from "../title.ts";

interface Found {
  record: ReportRecord;
  over: FeatureOverTime | null;
}

/** One feature: both sides, its values over time, and why its verdict is what it is. */
export function Feature({ model, feature }: { model: string; feature: string }) {
  const found = useResource(`feature ${model}/${feature}`, (signal) => both(model, feature, signal), (change) => change.kind === "judgement" && ofModel(model)(change));
  const living = useLiving(model).value ?? [];
  useTitle(`${feature} of ${model} · Leadline`);
  return (
    <main class="feature">
      <header class="model-head">
        <Crumbs model={model}><bdi>{feature}</bdi></Crumbs>
      </header>
      <Fetched of={found} what="feature">
        {({ record, over }) => {
          const column = record.columns.find(({ name }) => name === feature);
          return column ? <Known record={record} column={column} over={over} alerts={living.filter(({ sources }) => sources.includes(feature))} /> : <Unknown model={model} feature={feature} />;
        }}
      </Fetched>
    </main>
  );
}

async function both(model: string, feature: string, signal: AbortSignal): Promise<Found> {
  const path = { name: model, feature };
  const [record, over] = await Promise.all([
    ask("GET /api/v1/models/{name}/report", { path, signal }),
    // A column that is not counted into cells (a time, an id) has no values over time.
    ask("GET /api/v1/models/{name}/features/{feature:path}", { path, signal }).catch(() => null),
  ]);
  return { record, over };
}

interface KnownProps {
  record: ReportRecord;
  column: ColumnResult;
  over: FeatureOverTime | null;
  /** That live and name it. */
  alerts: readonly PlainAlert[];
}

function Known({ record, column, over, alerts }: KnownProps) {
  const { effect } = column;
  return (
    <>
      <header class={`verdict ${column.verdict}`}>
        <div class="words">
          <Mark verdict={column.verdict} />
          <h1>{dated(column.sentence) || `${column.name}: ${column.reason || "no change worth a word"}`}</h1>
          <p class="note">
            {column.kind} {column.role}, {column.why.replace(`${column.kind}: `, "")}
          </p>
        </div>
        <div class="measured">
          {effect && (
            <>
              <p class="metric" title={info(record, effect.metric)?.summary}>
                {title(record, effect.metric)}, over all rows
              </p>
              <p class="value" title={rowsWords(record.reference.rows, record.current.rows, exists(effect.low))}>{withInterval(effect.value, effect.low, effect.high, effect.unit)}</p>
              <EffectBar effect={effect} limit={Math.max(0.2, (effect.high ?? effect.value ?? 0) * 1.15)} verdict={column.verdict} />
              <p class="note">
                floor {declared(effect.floor, effect.unit)} · adjusted p {pValue(column.p_value_adjusted)}
              </p>
            </>
          )}
        </div>
      </header>
      <AlertLines alerts={alerts} />
      {record.timeline && over && <Panels record={record} timeline={record.timeline} over={over} column={column} />}
      {!over && <p class="reason">Its values are not counted into cells, so there is nothing to draw over time.</p>}
      <section aria-label="Distribution and metrics">
        <ColumnDetail record={record} column={column} />
      </section>
    </>
  );
}

function Panels(props: { record: ReportRecord; timeline: Timeline; over: FeatureOverTime; column: ColumnResult }) {
  const control = useQueryView();
  return <FeaturePanels {...props} control={control} />;
}

function Unknown({ model, feature }: { model: string; feature: string }) {
  return (
    <Empty title={`${model} has no column ${feature}.`}>
      <p>
        <a class="link" href={modelPath(model)}>
          All its columns
        </a>
      </p>
    </Empty>
  );
}
