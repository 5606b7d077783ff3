// What all panels share: the record's timeline with its clock, runs and rows, made once.
import type { ReportRecord, Timeline, TimelineSeries } from "../record.ts";
import { exists } from "../format.ts";
import { type Run, runsOf } from "./axis.ts";
import { type Clock, clockOf } from "./clock.ts";
import { type Heat, type Shading, shadingOf, splitRows } from "./heat.ts";

export interface Scene {
  timeline: Timeline;
  clock: Clock;
  runs: Run[];
  /** By window: it was judged, so a missing value of a column means something. */
  judged: boolean[];
  shading: Shading;
  heat: Heat;
  metrics: MetricLane[];
}

/** One metric: as labels tell it, as it is estimated without them, or both, also in one line. */
export interface MetricLane {
  key: string;
  title: string;
  unit: string;
  worse: string;
  /** Its value over the whole reference. */
  reference: number | null;
  realised?: TimelineSeries;
  estimated?: TimelineSeries;
  best?: TimelineSeries;
  /** Windows in which there is any value, and whether these are so few that other metrics say more. */
  known: number;
  rare: boolean;
}

export function sceneOf(record: ReportRecord, timeline: Timeline): Scene {
  const shading = shadingOf(timeline.budget);
  return {
    timeline,
    clock: clockOf(timeline.zone, timeline.windows),
    runs: runsOf(timeline.windows),
    judged: timeline.windows.map((window) => window.verdict !== "unknown"),
    shading,
    heat: splitRows(timeline, shading),
    metrics: lanesOf(record, timeline),
  };
}

/** A metric that is known in a smaller part of the windows stands behind the others. */
const RARE = 0.2;

function lanesOf(record: ReportRecord, { performance, windows }: Timeline): MetricLane[] {
  const lanes = [...new Set(performance.map((series) => series.key))].map((key): MetricLane => {
    const own = performance.filter((series) => series.key === key);
    const known = windows.filter((_, i) => own.some((series) => exists(series.values[i]))).length;
    const { title, unit, worse } = own[0]!;
    return {
      key,
      title,
      unit,
      worse,
      reference: record.performance[key]?.reference ?? null,
      realised: own.find((series) => !series.estimated && series.kind !== "best"),
      estimated: own.find((series) => series.estimated),
      best: own.find((series) => series.kind === "best"),
      known,
      rare: known < RARE * windows.length,
    };
  });
  return lanes.filter((lane) => lane.known > 0).sort((a, b) => Number(a.rare) - Number(b.rare));
}

/** Share of labelled rows by window, where any metric knows it. */
export function labelledOf({ timeline }: Scene): (number | null)[] {
  return timeline.performance.find((series) => !series.estimated && series.kind !== "best" && series.labelled.some(exists))?.labelled ?? [];
}
