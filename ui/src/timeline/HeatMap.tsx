import type { ComponentChildren } from "preact";
import { useContext, useMemo, useRef, useState } from "preact/hooks";
import type { HeatRow, ReportRecord } from "../record.ts";
import { ColumnDetail } from "../components/ColumnDetail.tsx";
import { Lazy } from "../components/Lazy.tsx";
import { Shape } from "../components/Mark.tsx";
import { capital, exists, number, plural } from "../format.ts";
import { LinksContext } from "../links.ts";
import type { Control } from "../state.ts";
import { type Axis, percentOf, place, windowAt } from "./axis.ts";
import { ABOVE, BESIDE, heatPaths, peakOf, pieces, type RowShape, sizeWords, surpriseWords } from "./heat.ts";
import { linesOf, Scale } from "./Metric.tsx";
import { useNarrow } from "./narrow.ts";
import { Lane, Runs } from "./Plot.tsx";
import type { Scene } from "./scene.ts";

const PIECE = 50;

interface Props {
  record: ReportRecord;
  scene: Scene;
  axis: Axis;
  control: Control;
  /** Tells all panels which window is read. */
  read(window: number | null): void;
}

/** Columns by windows: the rows that stir, and the quiet ones behind one line. */
export function HeatMap(given: Props) {
  const shape = useNarrow() ? ABOVE : BESIDE;
  const props = { ...given, shape };
  const { scene, control } = props;
  const { loud, quiet } = scene.heat;
  const open = control.view.open.has("calm");
  return (
    <div class={shape === ABOVE ? "heat names-above" : "heat"} style={{ "--pitch": `${shape.pitch}px` }}>
      <Rows {...props} rows={loud} />
      {quiet.length > 0 && (
        <button type="button" class="calm" data-row aria-expanded={open} onClick={() => control.toggle("calm")}>
          <span class="chevron" aria-hidden="true" />
          {plural(quiet.length, "quiet column")}
        </button>
      )}
      {open && <Rows {...props} rows={quiet} />}
    </div>
  );
}

type Shaped = Props & { shape: RowShape };

export const rowKey = (source: string) => `over:${source}`;

function Rows({ rows, ...props }: Shaped & { rows: HeatRow[] }) {
  const { record, control } = props;
  const columns = useMemo(() => new Map(record.columns.map((column) => [column.name, column])), [record]);
  const isOpen = (row: HeatRow) => control.view.open.has(rowKey(row.source));
  return (
    <>
      {pieces(rows, isOpen, PIECE).map((piece) => {
        const last = piece.at(-1)!;
        const column = columns.get(last.source);
        return (
          <div key={piece[0]!.source}>
            <Lazy height={piece.length * props.shape.pitch}>{() => <Piece {...props} rows={piece} named={columns} isOpen={isOpen} />}</Lazy>
            {isOpen(last) && (
              <div class="heat-detail">
                <Effect {...props} row={last} />
                {column && <ColumnDetail record={record} column={column} />}
              </div>
            )}
          </div>
        );
      })}
    </>
  );
}

/** The size of one column's change over time, on the same axis as its row. */
function Effect({ scene, axis, row }: Props & { row: HeatRow }) {
  const { extent, content } = useMemo(() => linesOf(scene, [{ kind: "realised", values: row.effect }]), [scene, row]);
  if (!extent) return null;
  return (
    <Lane kind="metric" label={<span class="lane-name">Distance to the baseline</span>}>
      <Runs axis={axis} content={content} />
      <Scale extent={extent} unit="" />
    </Lane>
  );
}

interface Spot {
  row: number;
  window: number;
}

function Piece({ scene, axis, control, read, shape, rows, named, isOpen }: Shaped & RowsProps) {
  const [spot, setSpot] = useState<Spot | null>(null);
  const plot = useRef<HTMLDivElement>(null);
  const content = useMemo(() => drawn(scene, rows, shape), [scene, shape, rows[0], rows.length]);
  const toggle = (row: HeatRow) => control.toggle(rowKey(row.source));
  const names = useMemo(() => <Names rows={rows} named={named} isOpen={isOpen} toggle={toggle} />, [rows[0], rows.length, control.view]);
  const pointed = (event: MouseEvent & { currentTarget: HTMLElement }): Spot => {
    const box = event.currentTarget.getBoundingClientRect();
    const row = Math.floor(((event.clientY - box.top) / box.height) * rows.length);
    return { row: clip(row, rows.length), window: windowAt(axis, (event.clientX - box.left) / box.width) };
  };
  const go = (next: Spot) => {
    if (next.row < 0 || next.row >= rows.length) return stepOut(plot.current, next.row < 0 ? -1 : 1);
    const window = Math.max(axis.range[0], Math.min(axis.range[1], next.window));
    setSpot({ row: next.row, window });
    read(window);
  };
  return (
    <div class="lane heat-rows">
      {names}
      <div
        ref={plot}
        class="plot heat-plot"
        style={{ height: `${rows.length * shape.pitch}px` }}
        role="application"
        tabIndex={0}
        aria-label={`${plural(rows.length, "column")} by window, from ${rows[0]!.source}: the arrow keys move, Enter opens the column`}
        onPointerMove={(event) => setSpot(pointed(event))}
        onPointerLeave={() => setSpot(null)}
        onClick={(event) => toggle(rows[pointed(event).row]!)}
        onFocus={() => !spot && plot.current?.matches(":focus-visible") && go({ row: 0, window: peakOf(rows[0]!, scene.shading, scene.timeline)?.window ?? axis.range[1] })}
        onBlur={() => {
          setSpot(null);
          read(null);
        }}
        onKeyDown={(event) => {
          const now = spot ?? { row: 0, window: axis.range[1] };
          const step = STEPS[event.key];
          if (event.key === "Enter") toggle(rows[now.row]!);
          else if (step) go({ row: now.row + step[0], window: now.window + step[1] * (event.shiftKey ? 10 : 1) });
          else return;
          event.preventDefault();
        }}
      >
        <Runs axis={axis} content={content} height={rows.length} />
        {spot && <Tip scene={scene} axis={axis} row={rows[spot.row]!} spot={spot} shape={shape} />}
      </div>
    </div>
  );
}

interface RowsProps {
  rows: HeatRow[];
  /** Rows that are columns; others are numbers of all rows together. */
  named: ReadonlyMap<string, unknown>;
  isOpen(row: HeatRow): boolean;
}

/** Where columns have pages a name leads to its own, and a button before it unfolds the row; else the name does. */
function Names({ rows, named, isOpen, toggle }: RowsProps & { toggle(row: HeatRow): void }) {
  const { feature } = useContext(LinksContext);
  return (
    <div class={feature ? "heat-names linked" : "heat-names"}>
      {rows.map((row) => {
        const name = row.source || "(no name)";
        const own = { class: `heat-name ${row.tier}`, "data-row": true, "data-source": row.source };
        const words = (
          <>
            {row.tier && <Shape verdict={row.tier} />}
            <bdi title={row.source}>{name}</bdi>
          </>
        );
        const unfold = { type: "button" as const, "aria-expanded": isOpen(row), onClick: () => toggle(row) };
        if (!feature) {
          return (
            <button {...unfold} {...own}>
              {words}
            </button>
          );
        }
        return (
          <div class="heat-line">
            <button {...unfold} class="unfold" aria-label={`${name}, details`}>
              <span class="chevron" aria-hidden="true" />
            </button>
            {named.has(row.source) ? (
              <a {...own} href={feature(row.source)}>
                {words}
              </a>
            ) : (
              <button {...unfold} {...own}>
                {words}
              </button>
            )}
          </div>
        );
      })}
    </div>
  );
}

const STEPS: Record<string, readonly [number, number]> = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

function clip(row: number, count: number): number {
  return Math.max(0, Math.min(count - 1, row));
}

/** From one piece of the map to the one above or below. */
function stepOut(plot: HTMLElement | null, step: 1 | -1): void {
  const plots = [...document.querySelectorAll<HTMLElement>(".heat-plot")];
  plots[plots.indexOf(plot!) + step]?.focus();
}

function drawn({ runs, shading, judged }: Scene, rows: HeatRow[], shape: RowShape): Map<(typeof runs)[number], ComponentChildren> {
  return new Map(
    runs.map((run) => [run, heatPaths(rows, shading, run.first, run.last, judged, shape).map((path, level) => path && <path class={`heat-${level}`} d={path} />)]),
  );
}

/** One cell in words. */
function Tip({ scene, axis, row, spot, shape: { pitch, top, height } }: { scene: Scene; axis: Axis; row: HeatRow; spot: Spot; shape: RowShape }) {
  const cell = place(axis, spot.window, spot.window);
  if (!cell) return null;
  const { timeline, clock } = scene;
  const window = timeline.windows[spot.window]!;
  const [surprise, effect] = [row.surprise[spot.window], row.effect[spot.window]];
  const right = cell.left > 0.5;
  return (
    <>
      <span class="cell" style={{ left: percentOf(cell.left), width: percentOf(cell.right - cell.left), top: `${(spot.row + top) * pitch}px`, height: `${height * pitch}px` }} />
      <div class="tip" role="status" style={{ top: `${(spot.row + 1) * pitch + 4}px`, ...(right ? { right: percentOf(1 - cell.right) } : { left: percentOf(cell.left) }) }}>
        <strong>
          <bdi>{row.source}</bdi>
        </strong>
        <span class="muted">{clock.span(spot.window)}</span>
        <span>
          {exists(surprise) || !window.reason ? timeline.budget && surpriseWords(surprise, timeline.budget) : capital(window.reason)}
          {exists(surprise) && <span class="muted"> (surprise {number(surprise)})</span>}
        </span>
        {exists(surprise) && window.reason && <span class="muted">{capital(window.reason)}</span>}
        {exists(effect) && <span>{sizeWords(effect)}</span>}
      </div>
    </>
  );
}

/** What the colours mean. */
export function Legend({ scene: { shading, timeline, judged } }: { scene: Scene }) {
  const gaps = timeline.heat.some((row) => row[shading.by].length > 0 && judged.some((known, i) => known && !exists(row[shading.by][i])));
  return (
    <p class="legend note">
      {shading.by === "surprise" ? (
        <span>Blank: quiet.</span>
      ) : (
        <span>{timeline.budget ? "" : "Not judged; "}by the distance to the baseline (0 to 1). Blank: less than {number(shading.cuts[0])}.</span>
      )}
      {shading.names.map((name, level) => (
        <span class="keep">
          <svg class="swatch" viewBox="0 0 1 1" aria-hidden="true">
            <path class={`heat-${level + 1}`} d="M0 0h1v1h-1z" />
          </svg>{" "}
          {name}
        </span>
      ))}
      {gaps && (
        <span class="keep">
          <svg class="swatch" viewBox="0 0 1 1" aria-hidden="true">
            <path class="heat-0" d="M0 0h1v1h-1z" />
          </svg>{" "}
          not judged
        </span>
      )}
    </p>
  );
}
