import type { ComponentChildren } from "preact";
import { type Axis, percentOf, type Run, type Span } from "./axis.ts";
import { HEIGHT } from "./lines.ts";

interface RunsProps {
  axis: Axis;
  /** What is drawn of each whole run, one unit wide for each window; the view crops it. */
  content: ReadonlyMap<Run, ComponentChildren>;
  height?: number;
}

/** Windows of each run in a picture of its own, so that a gap in time is a gap on the page. */
export function Runs({ axis, content, height = HEIGHT }: RunsProps) {
  return (
    <>
      {axis.runs.map((run) => (
        <svg
          key={run.whole.first}
          class={`run ${run.side}`}
          style={{ left: percentOf(run.left), width: percentOf(run.width) }}
          viewBox={`${run.first} 0 ${run.last - run.first + 1} ${height}`}
          preserveAspectRatio="none"
          aria-hidden="true"
        >
          {content.get(run.whole)}
        </svg>
      ))}
    </>
  );
}

/** A line of the stack: its name and reading on the left, its picture on the shared axis. */
export function Lane({ label, kind = "", children }: { label: ComponentChildren; kind?: string; children: ComponentChildren }) {
  return (
    <div class={`lane ${kind}`}>
      <div class="lane-label">{label}</div>
      <div class="plot">{children}</div>
    </div>
  );
}

interface FittingProps {
  kind: string;
  /** The room there is on the axis. */
  span: Span;
  top?: string;
  title?: string;
  children: ComponentChildren;
}

/** Words that are shown where they have room, and else not at all: they are never cut. */
export function Fitting({ kind, span, top, title, children }: FittingProps) {
  return (
    <span class={`fitting ${kind}`} style={{ left: percentOf(span.left), width: percentOf(span.right - span.left), top }} title={title} aria-hidden="true">
      {children}
    </span>
  );
}
