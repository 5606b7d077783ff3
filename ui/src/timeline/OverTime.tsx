import type { ComponentChildren } from "preact";
import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { ReportRecord, Timeline } from "../record.ts";
import { plural } from "../format.ts";
import type { Control, View } from "../state.ts";
import { AlertCards, AlertLane, cardId } from "./Alerts.tsx";
import { type Axis, layout, type Range, ranged, wholeRange, windowAt } from "./axis.ts";
import { Backdrop, Calendar } from "./Backdrop.tsx";
import { Labels, Surprise } from "./Bars.tsx";
import { BudgetBox } from "./BudgetBox.tsx";
import { HeatMap, Legend, rowKey } from "./HeatMap.tsx";
import { Metric } from "./Metric.tsx";
import { MonitorLanes } from "./Monitors.tsx";
import { MarkLane } from "./MarkLane.tsx";
import type { TimeMark } from "./marks.ts";
import { Overview, Shown } from "./Overview.tsx";
import { Lane } from "./Plot.tsx";
import type { Sheet } from "../csv.ts";
import { type Scene, sceneOf } from "./scene.ts";
import { alertSheet, cellSheet, columnSheet, windowSheet } from "./sheets.ts";
import { Tools } from "../components/Tools.tsx";
import { Versions } from "./Versions.tsx";
import { budgetSentence, decisionSentence, labelsSentence } from "./words.ts";

interface Props {
  record: ReportRecord;
  timeline: Timeline;
  control: Control;
  /** What was told and seen; without them the events of the record. */
  marks?: readonly TimeMark[];
}

/** Both tables over time: alerts, performance and columns on one axis. */
export function OverTime({ record, timeline, control, marks }: Props) {
  const scene = useMemo(() => sceneOf(record, timeline), [record, timeline]);
  const told = useMemo(() => marks ?? timeline.events.map((event) => ({ ...event, name: event.kind })), [marks, timeline]);
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
      {timeline.windows.length > 0 && (
        <TimePanels scene={scene} shown={control.view.windows} zoom={control.zoom} sheet={windowSheet(scene, record.monitors)}>
          {(axis, at, read) => <Panels record={record} scene={scene} control={control} marks={told} axis={axis} at={at} read={read} show={show} />}
        </TimePanels>
      )}
      <div class="with-budget">
        {timeline.budget && (
          <div>
            <div class="section-head">
              <h3>Alerts</h3>
              {timeline.alerts.length > 0 && <Tools sheet={alertSheet(scene)} />}
            </div>
            <AlertCards record={record} scene={scene} control={control} chosen={chosen} unfold={unfold} />
          </div>
        )}
        {timeline.versions.length ? <Versions timeline={timeline} /> : <BudgetBox timeline={timeline} />}
      </div>
    </section>
  );
}

function focusOn(element: HTMLElement | null): void {
  element?.scrollIntoView({ block: "center" });
  element?.focus({ preventScroll: true });
}

/** So many versions have room side by side; nothing needs to be brought nearer. */
const FEW_VERSIONS = 12;

interface TimePanelsProps {
  scene: Scene;
  /** What is in view, and how to choose it; null: all of it. */
  shown: View["windows"];
  zoom(windows: View["windows"]): void;
  /** The numbers behind the panels. */
  sheet: Sheet;
  /** The panels, given what is in view and which window is read, and how to say that another is. */
  children(axis: Axis, at: number | null, read: (window: number | null) => void): ComponentChildren;
}

/** Panels on one axis of time: what is in view is chosen above them, and one crosshair reads them all. */
export function TimePanels({ scene, shown, zoom, sheet, children }: TimePanelsProps) {
  const { windows } = scene.timeline;
  const [range, choose] = useRange(shown, zoom, windows.length);
  const [at, read] = useState<number | null>(null);
  const plot = useRef<HTMLDivElement>(null);
  const axis = useMemo(() => layout(scene.runs, range), [scene, range[0], range[1]]);
  const follow = useCallback((event: PointerEvent) => read(pointed(axis, plot.current, event.clientX)), [axis]);
  return (
    <div class="stack">
      {windows.length > FEW_VERSIONS || !scene.clock.names.length ? <Overview scene={scene} range={range} at={at} choose={choose} /> : null}
      <div class="panel-head">
        <Shown scene={scene} axis={axis} reset={() => choose(wholeRange(windows), true)} />
        <Tools sheet={sheet} />
      </div>
      <div class="panels" onPointerMove={follow} onPointerLeave={() => read(null)}>
        <Backdrop scene={scene} axis={axis} at={at} />
        <Lane kind="dates" label={<Read scene={scene} at={at} />}>
          <div ref={plot}>
            <Calendar scene={scene} axis={axis} />
          </div>
        </Lane>
        {children(axis, at, read)}
      </div>
    </div>
  );
}

interface PanelsProps {
  record: ReportRecord;
  scene: Scene;
  control: Control;
  marks: readonly TimeMark[];
  axis: Axis;
  at: number | null;
  read(window: number | null): void;
  show(id: number): void;
}

/** What a report has over time. */
function Panels({ record, scene, control, marks, axis, at, read, show }: PanelsProps) {
  // The map is large; the same element again tells Preact that nothing in it changed.
  const heat = useMemo(() => <HeatMap record={record} scene={scene} axis={axis} control={control} read={read} />, [record, scene, axis, control.view]);
  return (
    <>
      {!scene.clock.names.length && <MarkLane scene={scene} axis={axis} marks={marks} />}
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
    </>
  );
}

function pointed(axis: Axis, plot: HTMLElement | null, x: number): number | null {
  if (!plot) return null;
  const box = plot.getBoundingClientRect();
  const fraction = (x - box.left) / box.width;
  return fraction < 0 || fraction > 1 ? null : windowAt(axis, fraction);
}

/** What is in view: while the reader drags only here, then also in the address. */
function useRange(kept: View["windows"], zoom: TimePanelsProps["zoom"], count: number): [Range, (range: Range, done: boolean) => void] {
  const [dragged, setDragged] = useState<Range | null>(null);
  const range = dragged ?? (kept ? ranged(kept[0], kept[1], count) : [0, Math.max(0, count - 1)]);
  const choose = (next: Range, done: boolean) => {
    setDragged(done ? null : next);
    if (done) zoom(next[0] <= 0 && next[1] >= count - 1 ? null : next);
  };
  return [range, choose];
}

/** The window under the crosshair. */
function Read({ scene, at }: { scene: Scene; at: number | null }) {
  const window = at === null ? undefined : scene.timeline.windows[at];
  if (at === null || !window) return <span class="note">{scene.clock.names.length ? `values of ${scene.clock.start(scene.timeline.windows.length - 1)}` : "latest values"}</span>;
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
