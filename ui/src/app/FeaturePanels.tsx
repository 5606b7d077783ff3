import { useMemo } from "preact/hooks";
import type { ComponentChildren } from "preact";
import { exists, type Maybe, percent, quantity } from "../format.ts";
import type { ColumnResult, ReportRecord, Timeline } from "../record.ts";
import type { Control } from "../state.ts";
import type { Axis } from "../timeline/axis.ts";
import type { Sheet } from "../csv.ts";
import { bandPath, type Extent, extentOf, linePath } from "../timeline/lines.ts";
import { linesOf, Scale } from "../timeline/Metric.tsx";
import { TimePanels } from "../timeline/OverTime.tsx";
import { Lane, Runs } from "../timeline/Plot.tsx";
import { type Scene, sceneOf } from "../timeline/scene.ts";
import { windowWords } from "../timeline/words.ts";
import type { FeatureOverTime } from "./api.ts";

interface Props {
  record: ReportRecord;
  timeline: Timeline;
  over: FeatureOverTime;
  column: ColumnResult;
  control: Control;
}

type Values = readonly Maybe<number>[];

/** A feature on the axis of its model: where its values lie, what is missing, what is new, how far it moved. */
export function FeaturePanels({ record, timeline, over, column, control }: Props) {
  const scene = useMemo(() => sceneOf(record, namedIn(timeline, column.name)), [record, timeline, column]);
  const own = useMemo(() => alignedTo(timeline, over), [timeline, over]);
  const missingDecides = column.effect?.metric === "missing_share";
  const distance = timeline.heat.find(({ source }) => source === column.name)?.effect;
  return (
    <section class="over-time" aria-label="Over time">
      <h2>Over time</h2>
      <TimePanels scene={scene} shown={control.view.windows} zoom={control.zoom} sheet={sheetOf(timeline, own)}>
        {(axis, at) => {
          const shared = { scene, axis, at };
          const missing = own.missing.some(Boolean) && <ShareLane {...shared} name="Missing" values={own.missing} />;
          return (
            <>
              {missingDecides && missing}
              {own.kind === "quantiles" ? <Quantiles {...shared} over={own} /> : own.lines.map((line) => <ShareLane key={line.name} {...shared} name={line.name} values={line.values} />)}
              {!missingDecides && missing}
              {own.new.some(Boolean) && <ShareLane {...shared} name={own.kind === "quantiles" ? "Out of range" : "Never seen"} values={own.new} />}
              {distance?.some(exists) && <Distance {...shared} values={distance} by={own.kind === "quantiles" ? "Kolmogorov-Smirnov distance" : "Total variation distance"} />}
            </>
          );
        }}
      </TimePanels>
    </section>
  );
}

/** The alerts of others say nothing of this feature. */
function namedIn(timeline: Timeline, name: string): Timeline {
  return { ...timeline, alerts: timeline.alerts.filter(({ sources }) => sources.some(({ source }) => source === name)) };
}

/** The same numbers by the windows of the report, should it be of another judgement. */
function alignedTo({ windows }: Timeline, over: FeatureOverTime): FeatureOverTime {
  if (over.starts.length === windows.length && over.starts.every((start, i) => start === windows[i]!.start)) return over;
  const place = new Map(over.starts.map((start, i) => [start, i]));
  const moved = <T,>(values: readonly T[]) => windows.map(({ start }) => values[place.get(start) ?? -1] ?? null);
  return { ...over, missing: moved(over.missing), new: moved(over.new), lines: over.lines.map((line) => ({ ...line, values: moved(line.values) })) };
}

interface LaneProps {
  scene: Scene;
  axis: Axis;
  at: number | null;
}

/** Nine tenths and the half of the values as bands around the median. */
function Quantiles({ scene, axis, at, over }: LaneProps & { over: FeatureOverTime }) {
  const { extent, content } = useMemo(() => bandsOf(scene, over), [scene, over]);
  const window = at ?? over.lines[2]!.values.findLastIndex(exists);
  const value = (i: number) => quantity(over.lines[i]?.values[window], "");
  const from = windowWords(scene, window);
  const before = middleOf(scene, over.lines[2]!.values);
  return (
    <Lane
      kind="metric tall"
      label={
        <>
          <span class="lane-name">Values</span>
          <Reading name="median" stroke="realised" from={from}>
            {value(2)}
          </Reading>
          <Reading name="half of them" stroke="inner" from={from}>
            {value(1)} to {value(3)}
          </Reading>
          <Reading name="nine in ten" stroke="outer" from={from}>
            {value(0)} to {value(4)}
          </Reading>
          {exists(before) && <Was>{quantity(before, "")}</Was>}
        </>
      }
    >
      <Runs axis={axis} content={content} />
      {extent && <Scale extent={extent} unit="" />}
    </Lane>
  );
}

function bandsOf(scene: Scene, { lines }: FeatureOverTime) {
  const [least, low, median, high, most] = lines.map((line) => line.values);
  const extent: Extent | null = extentOf([{ values: [...least!, ...most!] }]);
  const content = new Map<(typeof scene.runs)[number], ComponentChildren>(
    scene.runs.map((run) => [
      run,
      extent && (
        <>
          <path class="band outer" d={bandPath(least!, most!, run.first, run.last, extent)} />
          <path class="band inner" d={bandPath(low!, high!, run.first, run.last, extent)} />
          <path class="line realised" d={linePath(median!, run.first, run.last, extent)} />
        </>
      ),
    ]),
  );
  return { extent, content };
}

/** A share of rows or values by window. */
function ShareLane({ scene, axis, at, name, values }: LaneProps & { name: string; values: Values }) {
  const { extent, content } = useMemo(() => {
    const top = values.reduce<number>((most, value) => Math.max(most, value ?? 0), 0.001);
    return linesOf(scene, [{ kind: "realised", values }], null, { low: 0, high: Math.min(1.02, top * 1.1) });
  }, [scene, values]);
  const window = at ?? values.findLastIndex(exists);
  const before = middleOf(scene, values);
  return (
    <Lane
      kind="metric short"
      label={
        <>
          <span class="lane-name">
            <bdi>{name}</bdi>
          </span>
          <span class="reading" title={windowWords(scene, window)}>
            <strong>{percent(values[window])}</strong>
            {exists(before) && <Was>{percent(before)}</Was>}
          </span>
        </>
      }
    >
      <Runs axis={axis} content={content} />
      {extent && <Scale extent={extent} unit="share" few />}
    </Lane>
  );
}

function Distance({ scene, axis, at, values, by }: LaneProps & { values: Values; by: string }) {
  const { extent, content } = useMemo(() => linesOf(scene, [{ kind: "realised", values }], null, extentFromZero(values)), [scene, values]);
  return (
    <Lane
      kind="metric short"
      label={
        <>
          <span class="lane-name">Distance to the baseline</span>
          <span class="reading" title={`${by}, ${windowWords(scene, at ?? values.findLastIndex(exists))}`}>
            <strong>{quantity(values[at ?? values.findLastIndex(exists)], "")}</strong> <span class="note">of 1</span>
          </span>
        </>
      }
    >
      <Runs axis={axis} content={content} />
      {extent && <Scale extent={extent} unit="" few />}
    </Lane>
  );
}

function extentFromZero(values: Values): Extent {
  return { low: 0, high: values.reduce<number>((most, value) => Math.max(most, value ?? 0), 0.05) * 1.1 };
}

function Reading({ name, stroke, from, children }: { name: string; stroke: string; from: string; children: ComponentChildren }) {
  return (
    <span class="reading" title={from}>
      <span class={`stroke ${stroke}`} aria-hidden="true" />
      <span class="keep">
        {name} <strong>{children}</strong>
      </span>
    </span>
  );
}

function Was({ children }: { children: ComponentChildren }) {
  return (
    <span class="reading was" title="The middle one of the reference's windows">
      <span class="stroke reference" aria-hidden="true" />
      reference {children}
    </span>
  );
}

/** The middle one of the reference's windows. */
function middleOf({ timeline }: Scene, values: Values): number | null {
  const before = values.filter((value, i): value is number => timeline.windows[i]?.side === "reference" && exists(value));
  return before.sort((a, b) => a - b)[Math.floor(before.length / 2)] ?? null;
}

function sheetOf({ windows }: Timeline, { feature, lines, missing, new: fresh }: FeatureOverTime): Sheet {
  const head = ["start (UTC)", "side", "version", "rows", ...lines.map(({ name }) => name), "missing share", "new share"];
  const rows = () => windows.map(({ start, side, version, rows }, i) => [start, side, version, rows, ...lines.map(({ values }) => values[i]), missing[i], fresh[i]]);
  return { name: `${feature} over time`, head, rows };
}
