import { number, plural } from "../../../format.ts";
import { Tools } from "../../../components/Tools.tsx";
import type { Explored } from "../../api.ts";
import { momentWords } from "../../times.tsx";

/** Rows over time: all of them grey, those of the slice blue. */
export function OverTime({ found, filtered }: { found: Explored; filtered: boolean }) {
  const { starts, rows_by_time, matched_by_time, width } = found;
  if (!starts.length) return <p class="reason">No row came in that time.</p>;
  const most = Math.max(...rows_by_time, 1);
  const size = starts.length;
  const sheet = { name: "Rows over time", head: ["from", "rows", "of the slice"], rows: () => starts.map((start, i) => [start, rows_by_time[i], matched_by_time[i]]) };
  return (
    <figure class="slice-counts">
      <figcaption class="note">
        rows in {width}, at most {number(most)}
        {filtered && (
          <>
            {" "}
            · <span class="key-current" aria-hidden="true" /> of the slice
          </>
        )}
      </figcaption>
      <svg viewBox={`0 0 ${size} 100`} preserveAspectRatio="none" role="img" aria-label={`Rows over ${plural(size, "part")} of the time`}>
        {starts.map((start, i) => {
          const [all, own] = [rows_by_time[i] ?? 0, matched_by_time[i] ?? 0];
          return (
            <g>
              <rect class={filtered ? "of-all" : "of-slice"} x={i + 0.1} width="0.8" y={100 - (100 * all) / most} height={(100 * all) / most} />
              {filtered && <rect class="of-slice" x={i + 0.1} width="0.8" y={100 - (100 * own) / most} height={(100 * own) / most} />}
              <rect class="probe" x={i} width="1" y="0" height="100">
                <title>{`${momentWords(start)}: ${filtered ? `${number(own)} of ` : ""}${plural(all, "row")}`}</title>
              </rect>
            </g>
          );
        })}
      </svg>
      <p class="note ends">
        <span>{momentWords(starts[0]!)}</span>
        {size > 1 && <span>{momentWords(starts[size - 1]!)}</span>}
      </p>
      <Tools sheet={sheet} />
    </figure>
  );
}
