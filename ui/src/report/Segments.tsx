import type { ReportRecord, SegmentResult } from "../record.ts";
import { ChangeBar } from "../charts/EffectBar.tsx";
import { exists, number, percent, withInterval } from "../format.ts";
import { title, unitOf } from "../record-view.ts";

/** Named slices: shown, they do not vote. */
export function Segments({ record }: { record: ReportRecord }) {
  if (!record.segments.length) return null;
  const key = record.segments.flatMap((segment) => Object.keys(segment.performance))[0];
  const limit = Math.max(...record.segments.flatMap((segment) => extents(segment, key)), 1e-12);
  return (
    <section id="segments" aria-label="Segments">
      <div class="section-head">
        <h2>Segments</h2>
        <p class="note">shown, they do not vote</p>
      </div>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th>Segment</th>
              <th class="n">Rows</th>
              <th class="n">Share, reference</th>
              <th class="n">current</th>
              {key && <th class="n">{title(record, key)}</th>}
              {key && <th class="wide">change</th>}
              <th>Moved most</th>
            </tr>
          </thead>
          <tbody>
            {record.segments.map((segment) => (
              <SegmentRow record={record} segment={segment} metric={key} limit={limit} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function extents(segment: SegmentResult, key: string | undefined): number[] {
  const value = key ? segment.performance[key] : undefined;
  return [value?.change_low, value?.change_high].filter(exists).map(Math.abs);
}

interface RowProps {
  record: ReportRecord;
  segment: SegmentResult;
  metric: string | undefined;
  limit: number;
}

function SegmentRow({ record, segment, metric, limit }: RowProps) {
  const value = metric ? segment.performance[metric] : undefined;
  const effect = segment.largest_effect;
  return (
    <tr>
      <th scope="row">
        <bdi>{segment.column}</bdi> = <bdi>{segment.value}</bdi>
      </th>
      <td class="n">{number(segment.rows_current)}</td>
      <td class="n was">{percent(segment.share_reference)}</td>
      <td class="n">{percent(segment.share_current)}</td>
      {metric && (
        <td class="n">
          {exists(value?.current) ? withInterval(value.current, value.low, value.high, unitOf(record, metric)) : <span class="note">{value?.reason ?? "no labels"}</span>}
        </td>
      )}
      {metric && (
        <td class="wide">
          {exists(value?.change) && (
            <ChangeBar value={value.change} low={value.change_low ?? value.change} high={value.change_high ?? value.change} limit={limit} verdict={value.verdict} />
          )}
        </td>
      )}
      <td class="moved">
        {segment.largest && (
          <>
            <bdi>{segment.largest}</bdi> <span class="muted">{effect && withInterval(effect.value, effect.low, effect.high, effect.unit)}</span>
          </>
        )}
      </td>
    </tr>
  );
}
