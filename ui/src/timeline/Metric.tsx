import { useMemo } from "preact/hooks";
import type { Labels as LabelsRecord, TimelineSeries } from "../record.ts";
import { tickStep, ticks } from "../charts/scale.ts";
import { exists, type Maybe, number, quantity, THIN, tick, unitWords, withInterval } from "../format.ts";
import type { Axis, Run } from "./axis.ts";
import { type Banded, bandPath, dotPath, type Extent, extentOf, heightOf, linePath } from "./lines.ts";
import { Lane, Runs } from "./Plot.tsx";
import type { MetricLane, Scene } from "./scene.ts";
import { fromWords, provisionalSentence } from "./words.ts";

interface Props {
  scene: Scene;
  axis: Axis;
  lane: MetricLane;
  at: number | null;
}

/**
 * One metric over time: realised as a line with its band, estimated dashed with its own. Where labels are still
 * to come, what is realised is lighter with hollow dots, and a thin line joins both.
 */
export function Metric({ scene, axis, lane, at }: Props) {
  const { extent, content } = useMemo(() => drawn(scene, lane), [scene, lane]);
  return (
    <Lane
      kind="metric"
      label={
        <>
          <span class="lane-name">
            {lane.title} <span class="note worse">{WORSE[lane.worse]}</span>
          </span>
          <Reading name="realised" series={lane.realised} scene={scene} at={at} labels={scene.timeline.labels} />
          <Reading name="estimated" series={lane.estimated} scene={scene} at={at} />
          <Reading name="best known" series={lane.best} scene={scene} at={at} />
          {lane.rare && <span class="note">known in {number(lane.known)} of {number(scene.timeline.windows.length)} windows</span>}
          {exists(lane.reference) && (
            <span class="reading was" title={["Over all rows of the reference that have a label", unitWords(lane.unit)].filter(Boolean).join("; ")}>
              <span class="stroke reference" aria-hidden="true" />
              reference {quantity(lane.reference, lane.unit)}
            </span>
          )}
        </>
      }
    >
      <Runs axis={axis} content={content} />
      {extent && <Scale extent={extent} unit={lane.unit} />}
    </Lane>
  );
}

const WORSE: Record<string, string> = { higher: "higher is worse", lower: "lower is worse" };

interface Drawn extends Banded {
  kind: "realised" | "estimated" | "provisional" | "best" | "expected";
}

/** Lines with their bands on a common vertical axis, and a level to compare them with. */
export function linesOf(scene: Scene, lines: Drawn[], baseline?: number | null, extent = extentOf(lines)) {
  const content = new Map(scene.runs.map((run) => [run, extent && <Lines run={run} lines={lines} extent={extent} baseline={baseline} />]));
  return { extent, content };
}

function Lines({ run: { first, last, side }, lines, extent, baseline }: { run: Run; lines: Drawn[]; extent: Extent; baseline?: number | null }) {
  return (
    <>
      {exists(baseline) && inside(extent, baseline) && <path class="baseline" d={`M${first} ${heightOf(extent, baseline)}H${last + 1}`} />}
      {lines.map(({ kind, values, low, high }) => (
        <>
          {low && high && <path class={`band ${kind}`} d={bandPath(low, high, first, last, extent)} />}
          <path class={`line ${kind}`} d={linePath(values, first, last, extent)} />
          {kind === "provisional" && side === "current" && ["rim", "hole"].map((part) => <path class={`dots ${part}`} d={dotPath(values, first, last, extent)} />)}
        </>
      ))}
    </>
  );
}

function drawn(scene: Scene, { estimated, realised, best, reference }: MetricLane) {
  const provisional = scene.timeline.labels?.provisional ?? [];
  const lines: Drawn[] = [];
  if (estimated) lines.push({ ...estimated, kind: "estimated" });
  if (best) lines.push({ values: only(best.values, (i) => provisional[i]), kind: "best" });
  if (realised) {
    lines.push({ ...within(realised, (i) => !provisional[i]), kind: "realised" });
    if (provisional.includes(true)) lines.push({ ...within(realised, (i) => provisional[i]), kind: "provisional" });
  }
  return linesOf(scene, lines, reference);
}

type Chosen = (window: number) => boolean | undefined;

function within({ values, low, high }: TimelineSeries, chosen: Chosen): Banded {
  return { values: only(values, chosen), low: only(low, chosen), high: only(high, chosen) };
}

function only(values: readonly Maybe<number>[], chosen: Chosen): Maybe<number>[] {
  return values.map((value, i) => (chosen(i) ? value : null));
}

function inside({ low, high }: Extent, value: number): boolean {
  return value >= low && value <= high;
}

interface ReadingProps {
  name: "realised" | "estimated" | "best known";
  series?: TimelineSeries;
  scene: Scene;
  at: number | null;
  labels?: LabelsRecord | null;
}

/** The value at the crosshair, or the latest there is. */
function Reading({ name, series, scene, at, labels }: ReadingProps) {
  if (!series) return null;
  const window = at ?? series.values.findLastIndex(exists);
  const value = series.values[window];
  const provisional = labels?.provisional[window] ? labels : null;
  return (
    <span class="reading" title={[fromWords(scene, series, window), provisional && provisionalSentence(provisional, window), series.note].filter(Boolean).join("\n")}>
      <span class={`stroke ${provisional ? "provisional" : name}`} aria-hidden="true" />
      <span class="keep">
        {provisional ? "provisional" : name} {exists(value) ? <strong>{withInterval(value, series.low[window], series.high[window], series.unit)}</strong> : <span class="muted">unknown</span>}
      </span>
    </span>
  );
}

/** A few round values on the vertical axis. */
export function Scale({ extent, unit, few = false }: { extent: Extent; unit: string; few?: boolean }) {
  const share = unit === "share" ? 100 : 1;
  const { step, values } = marks(extent.low * share, extent.high * share, few);
  return (
    <div class="scale" aria-hidden="true">
      {values.map((value) => (
        <span style={{ top: `${heightOf(extent, value / share)}%` }}>{tick(value, step) + (share > 1 ? `${THIN}%` : "")}</span>
      ))}
    </div>
  );
}

function marks(low: number, high: number, single: boolean) {
  const edge = (high - low) * 0.06;
  const of = (count: number) => ({
    step: tickStep(high - low, count),
    values: ticks(low, high, count).filter((value) => value > low + edge && value < high - edge),
  });
  if (single) {
    // A lane of a line or two has room for one.
    const { step, values } = of(2).values.length ? of(2) : of(4);
    return { step, values: values.slice(-1) };
  }
  const few = of(2);
  return few.values.length > 1 ? few : of(4);
}
