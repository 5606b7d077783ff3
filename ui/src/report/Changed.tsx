import { useState } from "preact/hooks";
import type { ColumnResult, ReportRecord } from "../record.ts";
import { ColumnRow } from "../components/ColumnRow.tsx";
import { Key } from "../components/ColumnDetail.tsx";
import { columnsSheet } from "../components/sheets.ts";
import { Tools } from "../components/Tools.tsx";
import { plural } from "../format.ts";
import { countBy, effectLimit } from "../record-view.ts";
import type { Control } from "../state.ts";

const FIRST = 40;
/** Where time is shown below, it must not sink too deep. */
const FIRST_BEFORE_TIME = 12;

interface Props {
  record: ReportRecord;
  columns: ColumnResult[];
  control: Control;
}

/** Columns that changed, worst first, on one shared axis. */
export function Changed({ record, columns, control }: Props) {
  const [all, setAll] = useState(false);
  const limits = new Map<string, number>();
  const limit = (column: ColumnResult) => {
    const unit = column.effect?.unit ?? "";
    if (!limits.has(unit)) limits.set(unit, effectLimit(columns, unit));
    return limits.get(unit)!;
  };
  const shown = all ? columns : columns.slice(0, record.timeline ? FIRST_BEFORE_TIME : FIRST);
  return (
    <section id="changed" aria-label="What changed">
      <div class="section-head">
        <h2>What changed</h2>
        <p class="note">{counts(columns)}</p>
        <Key />
        <Tools sheet={columnsSheet(record, columns, "columns that changed")} />
      </div>
      {shown.map((column) => (
        <ColumnRow
          record={record}
          column={column}
          limit={limit(column)}
          open={control.view.open.has(`column:${column.name}`)}
          toggle={() => control.toggle(`column:${column.name}`)}
        />
      ))}
      {shown.length < columns.length && (
        <button type="button" class="more" onClick={() => setAll(true)}>
          Show {plural(columns.length - shown.length, "more column")}
        </button>
      )}
    </section>
  );
}

function counts(columns: ColumnResult[]): string {
  const alerts = countBy(columns, "alert");
  const warnings = countBy(columns, "warning");
  return [alerts && plural(alerts, "alert"), warnings && plural(warnings, "warning")].filter(Boolean).join(" · ");
}
