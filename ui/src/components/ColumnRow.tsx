import type { ColumnResult, ReportRecord } from "../record.ts";
import { Distribution, drawnHeight } from "../charts/Distribution.tsx";
import { EffectBar } from "../charts/EffectBar.tsx";
import { dated, declared, exists, pValue, withInterval } from "../format.ts";
import { info, rowsWords, title } from "../record-view.ts";
import { ColumnDetail } from "./ColumnDetail.tsx";
import { Lazy } from "./Lazy.tsx";
import { Mark } from "./Mark.tsx";

interface Props {
  record: ReportRecord;
  column: ColumnResult;
  limit: number;
  open: boolean;
  toggle(): void;
}

/** A column that has something to say: what happened, how large, and both distributions. */
export function ColumnRow({ record, column, limit, open, toggle }: Props) {
  const { effect } = column;
  const distribution = column.explained ?? column.distribution;
  return (
    <article class={`column ${column.verdict}${open ? " open" : ""}`}>
      <div class="said">
        <h3>
          <Mark verdict={column.verdict} />
          <button type="button" class="name" data-row aria-expanded={open} onClick={toggle}>
            <bdi>{column.name || "(no name)"}</bdi>
          </button>
          <span class="kind">
            {column.kind} {column.role}
          </span>
        </h3>
        <p class="sentence">{dated(column.sentence || column.reason)}</p>
      </div>
      <div class="measured">
        {effect && (
          <>
            <p class="metric" title={info(record, effect.metric)?.summary}>
              {title(record, effect.metric)}
              {column.explained && ", over all rows"}
            </p>
            <p class="value" title={rowsWords(record.reference.rows, record.current.rows, exists(effect.low))}>{withInterval(effect.value, effect.low, effect.high, effect.unit)}</p>
            <EffectBar effect={effect} limit={limit} verdict={column.verdict} />
            <p class="note">
              {effect.floor != null && <span class="keep">floor {declared(effect.floor, effect.unit)} · </span>}
              <span class="keep">adjusted p {pValue(column.p_value_adjusted)}</span>
              {column.decided_by && column.decided_by !== effect.metric && <span class="keep"> by {title(record, column.decided_by).toLowerCase()}</span>}
            </p>
          </>
        )}
      </div>
      <div class="drawn">
        {distribution && !open && (
          <Lazy height={drawnHeight(distribution, 72, 5)}>{() => <Distribution shares={distribution} height={72} most={5} />}</Lazy>
        )}
        {column.explained && !open && <p class="note">current: {dated(column.explained_dates || record.explained)}</p>}
        {!open && <DecidingShare record={record} column={column} />}
        {!distribution && <p class="note">{column.reason || "nothing to draw"}</p>}
      </div>
      {open && <ColumnDetail record={record} column={column} />}
    </article>
  );
}

/** The share that decided (missing, never seen, ...), which a picture of present values cannot show. */
function DecidingShare({ record, column }: { record: ReportRecord; column: ColumnResult }) {
  const key = column.decided_by ?? "";
  const current = column.quality[key];
  const reference = column.quality[`${key}_reference`] ?? 0;
  if (column.distribution?.labels?.includes("(unseen)") && key === "unseen_share") return null;
  if (!key.endsWith("_share") || typeof current !== "number" || typeof reference !== "number" || !exists(current)) return null;
  const shares = { edges: null, labels: [title(record, key)], reference: [reference], current: [current] };
  return <Distribution shares={shares} height={0} full={1} />;
}
