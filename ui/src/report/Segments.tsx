import type { PerformanceValue, ReportRecord, SegmentResult } from "../record.ts";
import { ChangeBar } from "../charts/EffectBar.tsx";
import { Part } from "../components/Fold.tsx";
import { segmentSheet } from "../components/sheets.ts";
import { Csv } from "../components/Tools.tsx";
import { exists, number, percent, plural, quantity, unitWords, withInterval } from "../format.ts";
import { rowsWords, title, unitOf } from "../record-view.ts";
import type { Control } from "../state.ts";

/** Named slices: shown, they do not vote. */
export function Segments({ record, control }: { record: ReportRecord; control: Control }) {
  if (!record.segments.length) return null;
  const keys = shownKeys(record);
  const key = keys[0];
  const limit = Math.max(...record.segments.flatMap((segment) => extents(segment, key)), 1e-12);
  const blamed = record.causes.some((cause) => cause.key === "one_segment");
  return (
    <Part id="segments" name="Segments" note={`${plural(record.segments.length, "segment")}, shown, they do not vote · current above, reference below in grey`} matters={blamed} control={control} printed>
      {() => (
        <div class="scroll">
          <table>
            <thead>
              <tr>
                <th>Segment</th>
                <th class="n">Rows</th>
                <th class="n">Share</th>
                {keys.map((each, i) => (
                  <>
                    <th class={i ? "n extra" : "n"}>{title(record, each)}</th>
                    {i === 0 && <th class="wide">its change</th>}
                  </>
                ))}
                <th>Moved most</th>
              </tr>
            </thead>
            <tbody>
              {record.segments.map((segment) => (
                <SegmentRow record={record} segment={segment} metrics={keys} limit={limit} />
              ))}
            </tbody>
          </table>
          <Csv sheet={segmentSheet(record)} />
        </div>
      )}
    </Part>
  );
}

/** The metrics that vote in the whole, three at most: the same in every segment. */
function shownKeys(record: ReportRecord): string[] {
  const known = [...new Set(record.segments.flatMap((segment) => Object.keys(segment.performance)))];
  const voting = known.filter((key) => record.performance[key]?.floor != null);
  return (voting.length ? voting : known).slice(0, 3);
}

function extents(segment: SegmentResult, key: string | undefined): number[] {
  const value = key ? segment.performance[key] : undefined;
  return [value?.change_low, value?.change_high].filter(exists).map(Math.abs);
}

function Measured({ value, unit }: { value: PerformanceValue | undefined; unit: string }) {
  if (!exists(value?.current)) return <span class="note">{value?.reason ?? "no labels"}</span>;
  return (
    <span title={[rowsWords(value.rows_reference, value.rows_current, exists(value.low)), unitWords(unit)].filter(Boolean).join("; ")}>
      {withInterval(value.current, value.low, value.high, unit)}
      <br />
      <span class="was">{quantity(value.reference, unit)}</span>
    </span>
  );
}

function Change({ value, limit }: { value: PerformanceValue | undefined; limit: number }) {
  if (!exists(value?.change)) return null;
  return <ChangeBar value={value.change} low={value.change_low ?? value.change} high={value.change_high ?? value.change} limit={limit} verdict={value.verdict} />;
}

interface RowProps {
  record: ReportRecord;
  segment: SegmentResult;
  metrics: string[];
  limit: number;
}

function SegmentRow({ record, segment, metrics, limit }: RowProps) {
  const effect = segment.largest_effect;
  return (
    <tr title={rowsWords(segment.rows_reference, segment.rows_current, false)}>
      <th scope="row">
        <bdi>{segment.column}</bdi> = <bdi>{segment.value}</bdi>
      </th>
      <td class="n">
        {number(segment.rows_current)}
        <br />
        <span class="was">{number(segment.rows_reference)}</span>
      </td>
      <td class="n">
        {percent(segment.share_current)}
        <br />
        <span class="was">{percent(segment.share_reference)}</span>
      </td>
      {metrics.map((metric, i) => (
        <>
          <td class={i ? "n extra" : "n"}>
            <Measured value={segment.performance[metric]} unit={unitOf(record, metric)} />
          </td>
          {i === 0 && (
            <td class="wide">
              <Change value={segment.performance[metric]} limit={limit} />
            </td>
          )}
        </>
      ))}
      <td class="moved">
        {segment.largest && (
          <>
            <bdi>{segment.largest}</bdi> <span class="muted" title={effect ? title(record, effect.metric) : undefined}>{effect && withInterval(effect.value, effect.low, effect.high, effect.unit)}</span>
          </>
        )}
      </td>
    </tr>
  );
}
