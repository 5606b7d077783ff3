import type { Curve } from "../record.ts";
import { curveSheet } from "../components/sheets.ts";
import { Tools } from "../components/Tools.tsx";
import { tick, words } from "../format.ts";
import { tickStep, ticks } from "./scale.ts";

const W = 240;
const H = 190;
const PAD = { left: 34, right: 8, top: 8, bottom: 32 };

/** One curve of both sides on one pair of axes. */
export function CurveChart({ curve }: { curve: Curve }) {
  const [x0, x1] = domain([curve.reference, curve.current], 0);
  const [y0, y1] = domain([curve.reference, curve.current], 1);
  const x = (value: number) => PAD.left + ((value - x0) / (x1 - x0)) * (W - PAD.left - PAD.right);
  const y = (value: number) => H - PAD.bottom - ((value - y0) / (y1 - y0)) * (H - PAD.top - PAD.bottom);
  const path = (points: number[][]) => points.map(([a, b], i) => `${i ? "L" : "M"}${x(a!).toFixed(1)} ${y(b!).toFixed(1)}`).join("");
  const diagonal = ["roc", "calibration", "gain"].includes(curve.key);
  return (
    <figure class="curve">
      <figcaption>
        {curve.title}
        <span class="note">{words(curve.y)}</span>
      </figcaption>
      <svg viewBox={`0 0 ${W} ${H}`} role="img" aria-label={`${curve.title}: ${curve.y} over ${curve.x}, reference and current`}>
        {ticks(y0, y1, 2).map((value) => (
          <g>
            <line class="grid" x1={PAD.left} x2={W - PAD.right} y1={y(value)} y2={y(value)} />
            <text class="tick" x={PAD.left - 4} y={y(value) + 3.5} text-anchor="end">
              {tick(value, tickStep(y1 - y0, 2))}
            </text>
          </g>
        ))}
        {ticks(x0, x1, 2).map((value) => (
          <text class="tick" x={x(value)} y={H - PAD.bottom + 13} text-anchor="middle">
            {tick(value, tickStep(x1 - x0, 2))}
          </text>
        ))}
        {diagonal && <line class="diagonal" x1={x(x0)} y1={y(y0)} x2={x(x1)} y2={y(y1)} />}
        <path class="line-reference" d={path(curve.reference)} />
        <path class="line-current" d={path(curve.current)} />
        <text class="axis-title" x={(PAD.left + W - PAD.right) / 2} y={H - 4} text-anchor="middle">
          {words(curve.x)}
        </text>
      </svg>
      <Tools sheet={curveSheet(curve)} />
    </figure>
  );
}

function domain(series: number[][][], axis: 0 | 1): [number, number] {
  const values = series.flat().map((point) => point[axis] ?? 0).filter(Number.isFinite);
  const low = Math.min(...values, 0);
  const high = Math.max(...values);
  const unit = low >= 0 && high <= 1 && high > 0.5;
  if (unit) return [0, 1];
  return high > low ? [low, high] : [low - 1, low + 1];
}
