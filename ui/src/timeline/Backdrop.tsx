import type { WindowResult } from "../record.ts";
import { plural } from "../format.ts";
import { type Axis, middle, percentOf, place } from "./axis.ts";
import { ticks } from "./clock.ts";
import type { Scene } from "./scene.ts";

interface Band {
  kind: "missing" | "hatched";
  reason: string;
  first: number;
  last: number;
}

/** Behind all panels: the reference's shade, windows without rows or without a verdict, where alerts opened, the crosshair. */
export function Backdrop({ scene, axis, at }: { scene: Scene; axis: Axis; at: number | null }) {
  const switched = scene.timeline.first_weeks?.switched;
  const start = switched == null ? null : place(axis, switched, switched);
  const read = at === null ? null : middle(axis, at);
  return (
    <div class="backdrop" aria-hidden="true">
      <div class="plot">
        {axis.runs.map((run) => (
          <span class={`side ${run.side}`} style={{ left: percentOf(run.left), width: percentOf(run.width) }} />
        ))}
        {bands(scene.timeline.windows).map(({ kind, first, last }) => {
          const span = place(axis, first, last);
          return span && <span class={kind} style={{ left: percentOf(span.left), width: percentOf(span.right - span.left) }} />;
        })}
        {scene.timeline.alerts.map(({ opened, tier }) => {
          const span = tier === "alert" ? place(axis, opened, opened) : null;
          return span && <span class="opened" style={{ left: percentOf(span.left) }} />;
        })}
        {start && <span class="switched" style={{ left: percentOf(start.left) }} />}
        {read !== null && <span class="crosshair" style={{ left: percentOf(read) }} />}
      </div>
    </div>
  );
}

function bands(windows: readonly WindowResult[]): Band[] {
  const found: Band[] = [];
  windows.forEach(({ rows, reason }, i) => {
    if (rows && !reason) return;
    const kind = rows ? "hatched" : "missing";
    const band = found.at(-1);
    if (band && band.last === i - 1 && band.kind === kind && band.reason === reason) band.last = i;
    else found.push({ kind, reason, first: i, last: i });
  });
  return found;
}

/** Which side is where, and the calendar; or which version. */
export function Calendar({ scene, axis }: { scene: Scene; axis: Axis }) {
  if (scene.clock.names.length) return <VersionHeads scene={scene} axis={axis} />;
  return (
    <>
      <div class="sides">
        {sides(scene, axis).map(({ side, left, right, first, last }) => (
          <span class={`caption ${side}`} style={{ left: percentOf(left), width: percentOf(right - left) }} title={`${side}: ${first} to ${last}`}>
            {side} <span class="note">{first} to {last}</span>
          </span>
        ))}
      </div>
      <Switched scene={scene} axis={axis} />
      <div class="axis calendar">
        {ticks(scene.clock, axis).map(({ window, text }) => {
          const at = place(axis, window, window)!.left;
          return (
            <span style={{ left: percentOf(at) }} class={at < 0.02 ? "first" : at > 0.97 ? "last" : ""}>
              {text}
            </span>
          );
        })}
      </div>
    </>
  );
}

/** The name of each version above its column, with its rows and when it served. */
function VersionHeads({ scene: { clock, timeline }, axis }: { scene: Scene; axis: Axis }) {
  return (
    <div class="version-heads">
      {axis.runs.map(({ side, first, left, width }) => (
        <span class={`version-head ${side}`} style={{ left: percentOf(left), width: percentOf(width) }} title={clock.span(first)}>
          <span class="caption">
            <span>{side === "reference" ? side : <>version <bdi>{clock.names[first]}</bdi></>}</span>
          </span>
          <span class="note">{plural(timeline.windows[first]!.rows, "row")}</span>
          <span class="note">{clock.days(first)}</span>
        </span>
      ))}
    </div>
  );
}

/** Where the budget took over from the first weeks. */
function Switched({ scene, axis }: { scene: Scene; axis: Axis }) {
  const switched = scene.timeline.first_weeks?.switched;
  const at = switched == null ? null : place(axis, switched, switched);
  if (!at) return null;
  const left = at.left < 0.5;
  return (
    <div class="sides">
      <span class={`switch-word ${left ? "" : "before"}`} style={left ? { left: percentOf(at.left) } : { right: percentOf(1 - at.left) }}>
        {left ? "the budget judges from here" : "first weeks until here"}
      </span>
    </div>
  );
}

function sides({ clock }: Scene, axis: Axis) {
  return (["reference", "current"] as const).flatMap((side) => {
    const runs = axis.runs.filter((run) => run.side === side);
    const [first, last] = [runs[0], runs.at(-1)];
    return first && last ? [{ side, left: first.left, right: last.left + last.width, first: clock.start(first.first), last: clock.start(last.last) }] : [];
  });
}
