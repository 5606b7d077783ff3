import { useMemo, useState } from "preact/hooks";
import type { MonitorResult, ReportRecord } from "../record.ts";
import { Shape } from "../components/Mark.tsx";
import { exists, plural, quantity } from "../format.ts";
import { limits, loudFirst } from "../record-view.ts";
import { type Axis, percentOf, place } from "./axis.ts";
import { extentOf, heightOf } from "./lines.ts";
import { linesOf, Scale } from "./Metric.tsx";
import { Lane, Runs } from "./Plot.tsx";
import type { Scene } from "./scene.ts";
import { windowWords } from "./words.ts";

interface Props {
  record: ReportRecord;
  scene: Scene;
  axis: Axis;
  at: number | null;
}

const FIRST = 3;

/** Declared monitors over time: alerts first, and as many others as there is room for. */
export function MonitorLanes({ record, ...shared }: Props) {
  const [all, setAll] = useState(false);
  const windows = shared.scene.timeline.windows.length;
  const known = loudFirst(record.monitors).filter(({ values }) => values.length === windows && values.some(exists));
  if (!known.length) return null;
  const loud = known.filter(({ verdict }) => verdict === "alert" || verdict === "warning").length;
  const shown = all ? known : known.slice(0, Math.max(FIRST, loud));
  return (
    <>
      <div class="panel-head">
        <h3>Monitors</h3>
        <span class="note">limits of your own, outside the budget</span>
      </div>
      {shown.map((monitor) => (
        <MonitorLane key={monitor.name} monitor={monitor} {...shared} />
      ))}
      {shown.length < known.length && (
        <button type="button" class="more" onClick={() => setAll(true)}>
          Show {plural(known.length - shown.length, "more monitor")}
        </button>
      )}
    </>
  );
}

function MonitorLane({ monitor, scene, axis, at }: { monitor: MonitorResult } & Omit<Props, "record">) {
  const { content, extent } = useMemo(() => drawn(scene, monitor), [scene, monitor]);
  const window = at ?? monitor.values.findLastIndex(exists);
  const value = monitor.values[window];
  return (
    <Lane
      kind="metric monitor"
      label={
        <>
          <span class={`lane-name ${monitor.verdict}`}>
            <Shape verdict={monitor.verdict} /> <bdi>{monitor.name}</bdi>
          </span>
          <span class="reading" title={windowWords(scene, window)}>
            <span class="stroke realised" aria-hidden="true" />
            {exists(value) ? <strong>{quantity(value, monitor.unit)}</strong> : <span class="muted">unknown</span>}
          </span>
          <span class="reading was">
            <span class={`stroke limit ${monitor.tier}`} aria-hidden="true" />
            allowed {limits(monitor)}
          </span>
        </>
      }
    >
      {monitor.alerts.map(({ since, closed, sentence }) => {
        const span = place(axis, since, closed == null ? scene.timeline.windows.length - 1 : Math.max(since, closed - 1));
        return (
          span && <span class={`crossed ${monitor.tier}`} title={sentence} style={{ left: percentOf(span.left), width: percentOf(span.right - span.left) }} />
        );
      })}
      <Runs axis={axis} content={content} />
      {extent && (
        <>
          {[monitor.low, monitor.high].filter(exists).map((limit) => (
            <span class={`limit ${monitor.tier}`} style={{ top: `${heightOf(extent, limit)}%` }} />
          ))}
          <Scale extent={extent} unit={monitor.unit} />
        </>
      )}
    </Lane>
  );
}

/** The line on an axis that holds the limits, too. */
function drawn(scene: Scene, monitor: MonitorResult) {
  const extent = extentOf([{ values: [...monitor.values, monitor.low, monitor.high] }]);
  return linesOf(scene, [{ kind: "realised", values: monitor.values }], monitor.reference, extent);
}
