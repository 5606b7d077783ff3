import { useMemo, useRef, useState } from "preact/hooks";
import { Part } from "../components/Fold.tsx";
import { exists, plural } from "../format.ts";
import type { ReportRecord, Timeline } from "../record.ts";
import type { Control, View } from "../state.ts";
import { AlertLane } from "../timeline/Alerts.tsx";
import type { Axis } from "../timeline/axis.ts";
import type { Sheet } from "../csv.ts";
import { linesOf, Scale } from "../timeline/Metric.tsx";
import { TimePanels } from "../timeline/OverTime.tsx";
import { Lane, Runs } from "../timeline/Plot.tsx";
import { type Scene, sceneOf } from "../timeline/scene.ts";
import { windowWords } from "../timeline/words.ts";
import type { Operations as Served, OperationsSeries } from "./api.ts";
import { ask } from "./client.ts";
import { ofModel, useResource } from "./resource.ts";
import { useQuery } from "./router.ts";
import { lasting, told } from "./times.tsx";
import { inUnit } from "./units.ts";

const DAYS = 14;
const FIRST = 4;

/** How the model served in the last days: traffic, latency, errors and the like, by hour. */
export function Operations({ record, model, control }: { record: ReportRecord; model: string; control: Control }) {
  const [version, choose] = useQuery("version");
  const found = useResource(
    `operations ${model} ${version}`,
    (signal) => ask("GET /api/v1/models/{name}/operations", { path: { name: model }, query: { days: DAYS, version: version || undefined }, signal }),
    (change) => (change.kind === "judgement" || change.kind === "alert") && ofModel(model)(change),
  );
  // Until another version is here, the one before stays where it is.
  const latest = useRef<Served | undefined>(undefined);
  const served = (latest.current = found.value ?? latest.current);
  if (!served?.starts.length) return null;
  return (
    <Part id="operations" name="Operations" note={said(served)} matters={served.alerts.some(({ over }) => !over)} control={control}>
      {() => (
        <>
          <VersionChoice of={served.versions ?? []} chosen={version} choose={choose} />
          <Panels record={record} served={served} />
        </>
      )}
    </Part>
  );
}

/** All versions together, or one of them; nothing where there is but one. */
function VersionChoice({ of, chosen, choose }: { of: readonly string[]; chosen: string; choose(version: string): void }) {
  if (of.length < 2) return null;
  return (
    <label class="version-choice">
      <span class="note">Served by</span>
      <select value={chosen} onChange={(event) => choose(event.currentTarget.value)}>
        <option value="">all versions</option>
        {of.map((version) => (
          <option value={version}>version {version}</option>
        ))}
      </select>
    </label>
  );
}

function Panels({ record, served }: { record: ReportRecord; served: Served }) {
  const timeline = useMemo(() => timelineOf(served, record.timeline?.zone ?? "UTC"), [served, record]);
  const scene = useMemo(() => sceneOf(record, timeline), [record, timeline]);
  const [shown, zoom] = useState<View["windows"]>(null);
  const [all, setAll] = useState(false);
  const known = served.series.filter(({ values }) => values.some(exists));
  const chosen = all ? known : known.slice(0, FIRST);
  return (
    <div class="over-time">
      <TimePanels scene={scene} shown={shown} zoom={zoom} sheet={sheetOf(served)}>
        {(axis, at) => (
          <>
            {timeline.alerts.length > 0 && <AlertLane scene={scene} axis={axis} show={() => undefined} />}
            {chosen.map((series) => (
              <SeriesLane key={series.key} series={series} scene={scene} axis={axis} at={at} />
            ))}
            {chosen.length < known.length && (
              <button type="button" class="more" onClick={() => setAll(true)}>
                Show {plural(known.length - chosen.length, "more metric")}
              </button>
            )}
          </>
        )}
      </TimePanels>
    </div>
  );
}

function said({ reason, alerts, budget, age_seconds, label_age_seconds }: Served): string {
  const open = alerts.filter(({ over }) => !over);
  return [
    open.length ? open.map(({ sentence }) => told(sentence)).join(" ") : reason || "Nothing unusual.",
    exists(age_seconds) && `The last prediction was asked for ${lasting(age_seconds)} ago.`,
    exists(label_age_seconds) && `Nine of ten labels usually come within ${lasting(label_age_seconds)}.`,
    !reason && `Budget: ${budget}; the grey band is what was expected.`,
  ]
    .filter(Boolean)
    .join(" ");
}

interface LaneProps {
  series: OperationsSeries;
  scene: Scene;
  axis: Axis;
  at: number | null;
}

function SeriesLane({ series, scene, axis, at }: LaneProps) {
  const { values, low, high, unit } = series;
  const { extent, content } = useMemo(() => {
    const expected = { kind: "expected" as const, values: [], low, high };
    return linesOf(scene, [expected, { kind: "realised", values }]);
  }, [scene, series]);
  const window = at ?? values.findLastIndex(exists);
  return (
    <Lane
      kind="metric short"
      label={
        <>
          <span class="lane-name" title={series.note}>
            {series.title}
          </span>
          <span class="reading" title={[windowWords(scene, window), series.note].filter(Boolean).join("\n")}>
            <strong>{exists(values[window]) ? inUnit(values[window]!, unit) : "unknown"}</strong>
            {exists(low[window]) && exists(high[window]) && (
              <span class="was">
                expected {inUnit(low[window]!, unit)} to {inUnit(high[window]!, unit)}
              </span>
            )}
          </span>
        </>
      }
    >
      <Runs axis={axis} content={content} />
      {extent && <Scale extent={extent} unit={unit} few />}
    </Lane>
  );
}

/** Buckets of operations as windows of a timeline, so that the same panels draw them. */
function timelineOf({ starts, bucket_seconds, series, alerts }: Served, zone: string): Timeline {
  const rate = series.find(({ unit }) => unit === "/h")?.values ?? [];
  const ends = [...starts.slice(1), new Date(Date.parse(starts.at(-1)!) + bucket_seconds * 1000).toISOString()];
  const at = (moment: string) => Math.max(0, starts.findLastIndex((start) => Date.parse(start) <= Date.parse(moment)));
  return {
    window: bucket_seconds === 3600 ? "1 hour" : "1 day",
    why: "",
    zone,
    reason: "",
    versions: [],
    events: [],
    windows: starts.map((start, i) => ({ side: "current", start, end: ends[i]!, rows: Math.round(rate[i] ?? 0), verdict: "unknown", reason: "", version: "" })),
    alerts: alerts.map(({ opened, last, over, sources, sentence }) => ({
      tier: "alert",
      opened: at(opened),
      last: Math.max(at(opened), at(last)),
      closed: over ? at(last) : null,
      sources: sources.map((source) => ({ source, channel: "", effect: 0, unit: "", surprise: 0, window: at(opened), sentence })),
      sentence,
      harm: "",
    })),
    performance: [],
    heat: [],
    far: 0,
    untimed: 0,
    digest: "",
  };
}

function sheetOf({ starts, series }: Served): Sheet {
  const head = ["start (UTC)", ...series.flatMap(({ title, unit }) => [unit ? `${title} (${unit})` : title, `${title}, expected from`, `${title}, expected to`])];
  const rows = () => starts.map((start, i) => [start, ...series.flatMap(({ values, low, high }) => [values[i], low[i], high[i]])]);
  return { name: "operations", head, rows };
}
