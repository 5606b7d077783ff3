import { useMemo, useRef } from "preact/hooks";
import { number, plural } from "../format.ts";
import { type Axis, layout, percentOf, place, type Range, ranged, wholeRange, windowAt } from "./axis.ts";
import { barPath } from "./lines.ts";
import { Lane, Runs } from "./Plot.tsx";
import type { Scene } from "./scene.ts";

interface Props {
  scene: Scene;
  range: Range;
  at: number | null;
  /** Called while the reader drags, and with `done` when the choice is made. */
  choose(range: Range, done: boolean): void;
}

/** All windows by their rows: dragging or the two handles choose what the panels below show. */
export function Overview({ scene, range, at, choose }: Props) {
  const { windows } = scene.timeline;
  const from = useRef<number | null>(null);
  const { axis, content, top } = useMemo(() => drawn(scene), [scene]);
  const pointed = (event: PointerEvent & { currentTarget: HTMLElement }) => {
    const box = event.currentTarget.getBoundingClientRect();
    return windowAt(axis, (event.clientX - box.left) / box.width);
  };
  const zoomed = range[0] > 0 || range[1] < windows.length - 1;
  const chosen = place(axis, range[0], range[1]) ?? { left: 0, right: 1 };
  return (
    <Lane
      kind="overview"
      label={
        <>
          <span class="lane-name">Rows</span>
          <span class="reading" title="in a window">{at === null ? `at most ${number(top)}` : number(windows[at]?.rows)}</span>
        </>
      }
    >
      <div
        class="brush"
        title="Drag to look closer"
        onPointerDown={(event) => {
          if (event.button !== 0 || (event.target as Element).closest(".handle")) return;
          event.currentTarget.setPointerCapture(event.pointerId);
          from.current = pointed(event);
        }}
        onPointerMove={(event) => {
          if (from.current === null || from.current === pointed(event)) return;
          choose(ranged(from.current, pointed(event), windows.length), false);
        }}
        onPointerUp={(event) => {
          if (from.current !== null && from.current !== pointed(event)) choose(ranged(from.current, pointed(event), windows.length), true);
          from.current = null;
        }}
        onPointerCancel={() => (from.current = null)}
        onDblClick={() => choose(wholeRange(windows), true)}
      >
        <Runs axis={axis} content={content} />
        {zoomed && (
          <>
            <span class="veil" style={{ left: 0, width: percentOf(chosen.left) }} />
            <span class="veil" style={{ left: percentOf(chosen.right), right: 0 }} />
          </>
        )}
        <span class="chosen" style={{ left: percentOf(chosen.left), width: percentOf(chosen.right - chosen.left) }} />
        {([0, 1] as const).map((end) => (
          <Handle scene={scene} range={range} end={end} at={end ? chosen.right : chosen.left} choose={(next) => choose(next, true)} />
        ))}
      </div>
    </Lane>
  );
}

function drawn(scene: Scene) {
  const { windows } = scene.timeline;
  const rows = windows.map((window) => window.rows);
  const top = rows.reduce((most, count) => Math.max(most, count), 1);
  const axis = layout(scene.runs, wholeRange(windows));
  const content = new Map(scene.runs.map((run) => [run, <path class="bars" d={barPath(rows, run.first, run.last, top)} />]));
  return { axis, content, top };
}

interface HandleProps {
  scene: Scene;
  range: Range;
  end: 0 | 1;
  at: number;
  choose(range: Range): void;
}

/** One end of the chosen time, moved with the arrow keys (with shift: ten windows at once) or dragged. */
function Handle({ scene, range, end, at, choose }: HandleProps) {
  const count = scene.timeline.windows.length;
  const move = (to: number) => {
    const other = range[1 - end]!;
    const bounded = end ? Math.max(other + 1, to) : Math.min(other - 1, to);
    choose(ranged(bounded, other, count));
  };
  const steps: Record<string, number> = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10 };
  return (
    <span
      class={`handle ${end ? "end" : "start"}`}
      style={{ left: percentOf(at) }}
      role="slider"
      tabIndex={0}
      aria-label={end ? "Last window shown" : "First window shown"}
      aria-valuemin={0}
      aria-valuemax={count - 1}
      aria-valuenow={range[end]}
      aria-valuetext={scene.clock.span(range[end])}
      onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
      onPointerMove={(event) => {
        if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
        const box = event.currentTarget.parentElement!.getBoundingClientRect();
        move(windowAt(layout(scene.runs, [0, count - 1]), (event.clientX - box.left) / box.width));
      }}
      onKeyDown={(event) => {
        const step = steps[event.key];
        const to = event.key === "Home" ? 0 : event.key === "End" ? count - 1 : step && range[end] + step * (event.shiftKey ? 10 : 1);
        if (to === undefined) return;
        event.preventDefault();
        move(to);
      }}
    />
  );
}

/** What part of the time is shown, in words, and the way back to all of it. */
export function Shown({ scene, axis, reset }: { scene: Scene; axis: Axis; reset(): void }) {
  const { windows, window } = scene.timeline;
  const { range, squeezed } = axis;
  if (range[0] <= 0 && range[1] >= windows.length - 1) {
    return (
      <p class="note">
        {scene.clock.names.length ? "The reference and each version, side by side" : `${plural(windows.length, "window")} of ${window}`}; times in {scene.clock.zone}
        {squeezed && "; the reference is drawn narrower"}
      </p>
    );
  }
  return (
    <p class="note">
      {scene.clock.start(range[0])} to {scene.clock.start(range[1])}: {number(range[1] - range[0] + 1)} of {plural(windows.length, "window")}{" "}
      <button type="button" class="link" onClick={reset}>
        Show all
      </button>
    </p>
  );
}
