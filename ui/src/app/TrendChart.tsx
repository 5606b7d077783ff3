import { Tools } from "../components/Tools.tsx";
import type { Sheet } from "../csv.ts";
import { exists, unitWords, withInterval } from "../format.ts";
import { bandPath, dotPath, extentOf, heightOf, linePath } from "../timeline/lines.ts";
import { Scale } from "../timeline/Metric.tsx";
import type { Trend } from "./api.ts";
import { momentWords } from "./times.tsx";
import { inUnit } from "./units.ts";

interface Props {
  trend: Trend;
  /** End of the last window that showed the alert, ISO 8601. */
  last: string;
}

/** The number that an alert is about: grey before it, blue since, shaded while it lasted, with the limit that it passed. */
export function TrendChart({ trend: { title, unit, starts, values, limit, first, low = [], high = [], reference }, last: ended }: Props) {
  const size = values.length;
  const extent = extentOf([{ values: [...values, limit, reference], low, high }]);
  if (!extent || size < 2) return null;
  const last = values.findLastIndex(exists);
  const valueWords = (i: number) => (exists(low[i]) && exists(high[i]) ? withInterval(values[i], low[i], high[i], unit) : inUnit(values[i], unit));
  const known = values.filter(exists);
  const over = starts.findIndex((start) => Date.parse(start) >= Date.parse(ended));
  const until = Math.max(first + 1, over < 0 ? size : over);
  return (
    <figure class="trend-chart">
      <figcaption>
        {title} <strong title={[momentWords(starts[last] ?? ""), exists(low[last]) && "95 % interval", unitWords(unit)].filter(Boolean).join("; ")}>{valueWords(last)}</strong>
        <span class="note">
          {" "}
          in the latest window{exists(reference) && `, reference ${inUnit(reference, unit)}`}
          {exists(limit) && `, at most ${inUnit(Math.max(...known), unit)}; alerts beyond ${inUnit(limit, unit)}`}
        </span>
      </figcaption>
      <div class="plot">
        <svg viewBox={`0 0 ${size} 100`} preserveAspectRatio="none" role="img" aria-label={`${title} over ${size} windows`}>
          <rect class="since" x={first} width={Math.max(0, Math.min(size, until) - first)} y="0" height="100" />
          {exists(reference) && <path class="level" d={`M0 ${heightOf(extent, reference)}H${size}`} />}
          <path class="band realised" d={bandPath(low, high, 0, size - 1, extent)} />
          {exists(limit) && <path class="limit-line" d={`M0 ${heightOf(extent, limit)}H${size}`} />}
          <path class="line before" d={linePath(values, 0, Math.min(first, size - 1), extent)} />
          {first < size && <path class="line" d={linePath(values, Math.max(0, first), size - 1, extent)} />}
          {size < 90 && <path class="dots" d={dotPath(values, Math.max(0, first), size - 1, extent)} />}
          {values.map((value, i) => (
            <rect class="probe" x={i} width="1" y="0" height="100">
              <title>{`${momentWords(starts[i] ?? "")}: ${exists(value) ? valueWords(i) : "unknown"}`}</title>
            </rect>
          ))}
        </svg>
        <Scale extent={extent} unit={unit} />
      </div>
      <div class="axis" aria-hidden="true">
        {dated(first, size).map((at, i, all) => (
          <span style={{ left: `${((at + 0.5) / size) * 100}%` }} class={at < size * 0.08 ? "first" : i === all.length - 1 ? "last" : ""}>
            {momentWords(starts[at] ?? "")}
          </span>
        ))}
      </div>
      <Tools sheet={sheetOf({ title, unit, starts, values, low, high })} />
    </figure>
  );
}

/** Part of the axis that a moment's words and half of those beside them take. */
const ROOM = 0.3;

/** The windows whose moments are written: both ends, and the one of the alert where that stands clear of them. */
function dated(first: number, size: number): number[] {
  const ends = [0, size - 1];
  return first > ROOM * size && first < (1 - ROOM) * size ? [0, first, size - 1] : ends;
}

function sheetOf({ title, unit, starts, values, low = [], high = [] }: Pick<Trend, "title" | "unit" | "starts" | "values" | "low" | "high">): Sheet {
  const name = unit ? `${title} (${unit})` : title;
  const ends = low.length > 0;
  return { name: title, head: ["start (UTC)", name, ...(ends ? [`${name}, low`, `${name}, high`] : [])], rows: () => starts.map((start, i) => [start, values[i], ...(ends ? [low[i], high[i]] : [])]) };
}
