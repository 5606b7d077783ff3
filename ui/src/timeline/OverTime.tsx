import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { ReportRecord, Timeline } from "../record.ts";
import { plural } from "../format.ts";
import type { Control } from "../state.ts";
import { AlertCards, AlertLane, cardId } from "./Alerts.tsx";
import { type Axis, layout, type Range, ranged, wholeRange, windowAt } from "./axis.ts";
import { Backdrop, Calendar } from "./Backdrop.tsx";
import { Labels, Surprise } from "./Bars.tsx";
import { BudgetBox } from "./BudgetBox.tsx";
import { HeatMap, Legend, rowKey } from "./HeatMap.tsx";
import { Metric } from "./Metric.tsx";
import { MonitorLanes } from "./Monitors.tsx";
import { Overview, Shown } from "./Overview.tsx";
import { Lane } from "./Plot.tsx";
import { type Scene, sceneOf } from "./scene.ts";
import { alertSheet, cellSheet, columnSheet, windowSheet } from "./sheets.ts";
import { Tools } from "./Tools.tsx";
import { budgetSentence, decisionSentence, labelsSentence } from "./words.ts";

interface Props {
  record: ReportRecord;
  timeline: Timeline;
  control: Control;
}

/** Both tables over time: alerts, performance and columns on one axis. */
export function OverTime({ record, timeline, control }: Props) {
  const scene = useMemo(() => sceneOf(record, timeline), [record, timeline]);
  const [chosen, setChosen] = useState<number | null>(null);
  useEffect(() => focusOn(chosen === null ? null : document.getElementById(cardId(chosen))), [chosen]);
  const unfold = (source: string) => {
    if (!control.view.open.has(rowKey(source))) control.toggle(rowKey(source));
    requestAnimationFrame(() => focusOn(document.querySelector(`[data-source="${CSS.escape(source)}"]`)));
  };
  const show = (id: number) => {
    setChosen(id);
    focusOn(document.getElementById(cardId(id)));
  };
  return (
    <section id="over-time" class="over-time" aria-label="Over time">
      <h2>Over time</h2>
      <p class="sentence">
        {budgetSentence(timeline)} {decisionSentence(timeline)} {labelsSentence(timeline)}
      </p>
      {timeline.windows.length > 0 && <Stack record={record} scene={scene} control={control} show={show} />}
      <div class="with-budget">
        {timeline.budget && (
          <div>
            <div class="section-head">
              <h3>Alerts</h3>
              {timeline.alerts.length > 0 && <Tools sheet={alertSheet(scene)} />}
            </div>
            <AlertCards record={record} scene={scene} chosen={chosen} unfold={unfold} />
          </div>
        )}
        <BudgetBox timeline={timeline} />
      </div>
    </section>
  );
}

function focusOn(element: HTMLElement | null): void {
  element?.scrollIntoView({ block: "center" });
  element?.focus({ preventScroll: true });
}

interface StackProps {
  record: ReportRecord;
  scene: Scene;
  control: Control;
  show(id: number): void;
}

/** The panels on their shared axis. */
function Stack({ record, scene, control, show }: StackProps) {
  const { windows } = scene.timeline;
  const [range, choose] = useRange(control, windows.length);
  const [at, read] = useState<number | null>(null);
  const plot = useRef<HTMLDivElement>(null);
  const axis = useMemo(() => layout(scene.runs, range), [scene, range[0], range[1]]);
  // The map is large; the same element again tells Preact that nothing in it changed.
  const heat = useMemo(() => <HeatMap record={record} scene={scene} axis={axis} control={control} read={read} />, [record, scene, axis, control.view]);
  const follow = useCallback((event: PointerEvent) => read(pointed(axis, plot.current, event.clientX)), [axis]);
  return (
    <div class="stack">
      <Overview scene={scene} range={range} at={at} choose={choose} />
      <div class="panel-head">
        <Shown scene={scene} axis={axis} reset={() => choose(wholeRange(windows), true)} />
        <Tools sheet={windowSheet(scene)} />
      </div>
      <div class="panels" onPointerMove={follow} onPointerLeave={() => read(null)}>
        <Backdrop scene={scene} axis={axis} at={at} />
        <Lane kind="dates" label={<Read scene={scene} at={at} />}>
          <div ref={plot}>
            <Calendar scene={scene} axis={axis} />
          </div>
        </Lane>
        {scene.timeline.budget && <AlertLane scene={scene} axis={axis} show={show} />}
        <Surprise scene={scene} axis={axis} at={at} />
        <Metrics scene={scene} axis={axis} at={at} />
        <MonitorLanes record={record} scene={scene} axis={axis} at={at} />
        {scene.timeline.heat.length > 0 && (
          <div class="panel-head">
            <h3>Columns</h3>
            <Legend scene={scene} />
            <Tools sheet={columnSheet(scene)} file={cellSheet(scene)} />
          </div>
        )}
        {heat}
      </div>
    </div>
  );
}

function pointed(axis: Axis, plot: HTMLElement | null, x: number): number | null {
  if (!plot) return null;
  const box = plot.getBoundingClientRect();
  const fraction = (x - box.left) / box.width;
  return fraction < 0 || fraction > 1 ? null : windowAt(axis, fraction);
}

/** What is in view: while the reader drags only here, then also in the address. */
function useRange(control: Control, count: number): [Range, (range: Range, done: boolean) => void] {
  const [dragged, setDragged] = useState<Range | null>(null);
  const kept = control.view.windows;
  const range = dragged ?? (kept ? ranged(kept[0], kept[1], count) : [0, Math.max(0, count - 1)]);
  const choose = (next: Range, done: boolean) => {
    setDragged(done ? null : next);
    if (done) control.zoom(next[0] <= 0 && next[1] >= count - 1 ? null : next);
  };
  return [range, choose];
}

/** The window under the crosshair. */
function Read({ scene, at }: { scene: Scene; at: number | null }) {
  const window = at === null ? undefined : scene.timeline.windows[at];
  if (at === null || !window) return <span class="note">latest values</span>;
  return (
    <span class="read" title={`${window.start} to ${window.end} (UTC)`}>
      <strong>{scene.clock.span(at)}</strong>
      <span class="note">{window.reason || `${plural(window.rows, "row")}`}</span>
    </span>
  );
}

const FIRST = 3;

function Metrics({ scene, axis, at }: { scene: Scene; axis: Axis; at: number | null }) {
  const [all, setAll] = useState(false);
  const { metrics } = scene;
  if (!metrics.length) return null;
  const shown = all ? metrics : metrics.slice(0, FIRST);
  const estimated = metrics.find((lane) => lane.estimated)?.estimated;
  return (
    <>
      <div class="panel-head">
        <h3>Performance</h3>
      </div>
      {shown.map((lane) => (
        <Metric key={lane.key} scene={scene} axis={axis} lane={lane} at={at} />
      ))}
      {shown.length < metrics.length && (
        <button type="button" class="more" onClick={() => setAll(true)}>
          Show {plural(metrics.length - shown.length, "more metric")}
        </button>
      )}
      <Labels scene={scene} axis={axis} at={at} />
      {estimated?.note && <p class="note">{estimated.note}</p>}
    </>
  );
}
