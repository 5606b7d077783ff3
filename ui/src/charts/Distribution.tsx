import type { Distribution as Shares } from "../record.ts";
import { listed, number, percent } from "../format.ts";
import { cells } from "./scale.ts";

interface Props {
  shares: Shares;
  height: number;
  /** At most so many categories, those that changed most. */
  most?: number;
  /** Each cell says its shares on hover. */
  readable?: boolean;
  /** With a word on what the picture leaves out and distorts. */
  noted?: boolean;
  /** The share that a full bar stands for; by default the largest. */
  full?: number;
}

/** Both sides of one column: the reference is a grey area, the current table an ink-blue line. */
export function Distribution(props: Props) {
  return props.shares.edges ? <Histogram {...props} edges={props.shares.edges} /> : <Categories {...props} />;
}

/** How high that picture is, in CSS pixels: nothing may jump when it is drawn. */
export function drawnHeight(shares: Shares, height: number, most: number): number {
  const rows = shares.labels?.length ?? 0;
  return shares.edges ? height + 18 : Math.min(rows, most) * 18 + (rows > most ? 20 : 0);
}

/** Both sides in the height of a line of text; categories in their order. */
export function Spark({ shares }: { shares: Shares }) {
  const drawn = cells(shares.edges ?? [...shares.reference.keys(), shares.reference.length], shares.reference, shares.current);
  return (
    <svg class="sparkline" viewBox={`0 0 ${W} ${H}`} preserveAspectRatio="none" height="20" role="img" aria-label={describe(shares)}>
      <path class="area-reference" d={outline(drawn.left, drawn.right, drawn.reference, true)} />
      <path class="line-current" d={outline(drawn.left, drawn.right, drawn.current, false)} />
    </svg>
  );
}

const W = 400;
const H = 100;

function Histogram({ shares, edges, height, readable, noted }: Props & { edges: number[] }) {
  const drawn = cells(edges, shares.reference, shares.current);
  return (
    <figure class="histogram">
      <svg viewBox={`0 0 ${W} ${H}`} preserveAspectRatio="none" height={height} role="img" aria-label={describe(shares)}>
        <path class="area-reference" d={outline(drawn.left, drawn.right, drawn.reference, true)} />
        <path class="line-current" d={outline(drawn.left, drawn.right, drawn.current, false)} />
        {readable &&
          shares.reference.map((share, i) => (
            <rect class="probe" x={drawn.left[i]! * W} width={(drawn.right[i]! - drawn.left[i]!) * W} y="0" height={H}>
              <title>
                {`${number(edges[i])} to ${number(edges[i + 1])}\nreference ${percent(share)}\ncurrent ${percent(shares.current[i])}`}
              </title>
            </rect>
          ))}
      </svg>
      <div class="axis" aria-hidden="true">
        {drawn.ticks.map(({ at, text }) => (
          <span style={{ left: `${at * 100}%` }} class={at < 0.04 ? "first" : at > 0.96 ? "last" : ""}>
            {text}
          </span>
        ))}
      </div>
      {noted && beyond(shares)}
      {noted && drawn.ordinal && <p class="note">Cells are drawn equally wide; the axis is not to scale.</p>}
    </figure>
  );
}

/** What the picture leaves out at its far ends. */
function beyond({ reference, current }: Shares) {
  const [was, now] = [reference, current].map((side) => Math.max(0, 1 - side.reduce((sum, share) => sum + share, 0)));
  if (was! < 0.0005 && now! < 0.0005) return null;
  return (
    <p class="note">
      Beyond the ends of this picture: {percent(was)} of the reference, {percent(now)} of the current values.
    </p>
  );
}

function outline(left: number[], right: number[], heights: number[], closed: boolean): string {
  const y = (height: number) => (H - 1 - height * (H - 4)).toFixed(1);
  const steps = heights.map((height, i) => `L${(left[i]! * W).toFixed(1)} ${y(height)}H${(right[i]! * W).toFixed(1)}`);
  const start = `M${((left[0] ?? 0) * W).toFixed(1)} ${y(0)}`;
  const end = `L${((right.at(-1) ?? 1) * W).toFixed(1)} ${y(0)}`;
  return start + steps.join("") + end + (closed ? "Z" : "");
}

function Categories({ shares, most, full }: Props) {
  const labels = shares.labels ?? [];
  const rows = labels.map((label, i) => ({ label, reference: shares.reference[i] ?? 0, current: shares.current[i] ?? 0 }));
  const kept = most === undefined || rows.length <= most ? rows : changedMost(rows, most);
  const top = full ?? Math.max(...rows.map((row) => Math.max(row.reference, row.current)), Number.MIN_VALUE);
  return (
    <figure class="categories">
      {kept.map(({ label, reference, current }) => (
        <div class="category" title={`${label}\nreference ${percent(reference)}\ncurrent ${percent(current)}`}>
          <span class="label">
            <bdi>{label}</bdi>
          </span>
          <span class="track" aria-hidden="true">
            <span class="bar-reference" style={{ width: `${(reference / top) * 100}%` }} />
            <span class="bar-current" style={{ width: `${(current / top) * 100}%` }} />
          </span>
          <span class="shares">
            <span class="was">{listed(reference)}</span> <span>{listed(current)}</span>
          </span>
        </div>
      ))}
      {kept.length < rows.length && <p class="note">and {rows.length - kept.length} more that moved less</p>}
    </figure>
  );
}

type Row = { label: string; reference: number; current: number };

function changedMost(rows: Row[], most: number): Row[] {
  const change = (row: Row) => Math.abs(row.current - row.reference);
  const chosen = new Set([...rows].sort((a, b) => change(b) - change(a)).slice(0, most));
  return rows.filter((row) => chosen.has(row));
}

function describe(shares: Shares): string {
  const fullest = (values: number[]) => values.indexOf(Math.max(...values));
  const name = (i: number) => shares.labels?.[i] ?? `from ${number(shares.edges?.[i])}`;
  return `Distribution; the fullest cell is ${name(fullest(shares.reference))} in the reference, ${name(fullest(shares.current))} now`;
}
