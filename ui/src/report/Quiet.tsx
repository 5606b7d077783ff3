import { useState } from "preact/hooks";
import type { ColumnResult, Effect, ReportRecord } from "../record.ts";
import { Spark } from "../charts/Distribution.tsx";
import { EffectBar } from "../charts/EffectBar.tsx";
import { ColumnDetail } from "../components/ColumnDetail.tsx";
import { Lazy } from "../components/Lazy.tsx";
import { columnsSheet } from "../components/sheets.ts";
import { Csv } from "../components/Tools.tsx";
import { exists, number, plural, pValue, quantity, withInterval } from "../format.ts";
import { effectLimit, rowsWords, title } from "../record-view.ts";
import type { Control } from "../state.ts";

const FIRST = 500;

interface Props {
  record: ReportRecord;
  columns: ColumnResult[];
  control: Control;
}

/** A dense table of columns that need no attention; each row opens. */
export function ColumnTable({ record, columns, control }: Props) {
  const limit = effectLimit(columns, "");
  const [all, setAll] = useState(false);
  const shown = all ? columns : columns.slice(0, FIRST);
  return (
    <div class="scroll">
      <table class="columns">
        <thead>
          <tr>
            <th>Column</th>
            <th class="minor">Kind</th>
            <th class="n">Effect</th>
            <th class="wide">against its floor</th>
            <th class="n">Adjusted p</th>
            <th class="n minor" title="The smallest shift that is found with 80 % power at these sizes">
              Detectable
            </th>
            <th class="spark">Distributions</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((column) => (
            <QuietRow record={record} column={column} limit={limit} control={control} />
          ))}
        </tbody>
      </table>
      {shown.length < columns.length && (
        <button type="button" class="more" onClick={() => setAll(true)}>
          Show {plural(columns.length - shown.length, "more column")}
        </button>
      )}
      <Csv sheet={columnsSheet(record, columns, "quiet columns")} />
    </div>
  );
}

/** Columns that are not judged, each with its reason. */
export function ReasonTable({ record, columns, control }: Props) {
  return (
    <div class="scroll">
      <table class="columns">
        <thead>
          <tr>
            <th>Column</th>
            <th class="minor">Kind</th>
            <th>Why</th>
          </tr>
        </thead>
        <tbody>
          {columns.map((column) => {
            const key = `column:${column.name}`;
            const open = control.view.open.has(key);
            return (
              <>
                <tr class={open ? "opened" : ""}>
                  <NameCell column={column} open={open} toggle={() => control.toggle(key)} />
                  <td class="muted minor">
                    {column.kind} {column.role}
                  </td>
                  <td>{column.reason || column.sentence || column.why}</td>
                </tr>
                {open && <DetailRow record={record} column={column} span={3} />}
              </>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function NameCell({ column, open, toggle }: { column: ColumnResult; open: boolean; toggle(): void }) {
  return (
    <th scope="row">
      <button type="button" class="name" data-row aria-expanded={open} onClick={toggle}>
        <bdi>{column.name || "(no name)"}</bdi>
      </button>
    </th>
  );
}

function DetailRow({ record, column, span }: { record: ReportRecord; column: ColumnResult; span: number }) {
  return (
    <tr class="opened">
      <td colSpan={span}>
        <ColumnDetail record={record} column={column} />
      </td>
    </tr>
  );
}

/** `Total variation 0.014 (0.008 to 0.021)`, and of which rows. */
function effectTitle(record: ReportRecord, { metric, value, low, high, unit }: Effect): string {
  return `${title(record, metric)} ${withInterval(value, low, high, unit)}; ${rowsWords(record.reference.rows, record.current.rows, exists(low))}`;
}

function QuietRow({ record, column, limit, control }: { record: ReportRecord; column: ColumnResult; limit: number; control: Control }) {
  const key = `column:${column.name}`;
  const open = control.view.open.has(key);
  const { distribution, effect } = column;
  return (
    <>
      <tr class={open ? "opened" : ""} title={rowsWords(record.reference.rows, record.current.rows, false)}>
        <NameCell column={column} open={open} toggle={() => control.toggle(key)} />
        <td class="muted minor">
          {column.kind} {column.role}
        </td>
        {effect ? (
          <>
            <td class="n" title={effectTitle(record, effect)}>
              {quantity(effect.value, effect.unit)}
            </td>
            <td class="wide">
              <EffectBar effect={effect} limit={limit} verdict={column.verdict} />
            </td>
            <td class="n">{pValue(column.p_value_adjusted)}</td>
            <td class="n minor">{number(column.detectable)}</td>
          </>
        ) : (
          <td colSpan={4} class="muted">
            {column.reason}
          </td>
        )}
        <td class="spark">
          {distribution && <Lazy height={20}>{() => <Spark shares={distribution} />}</Lazy>}
        </td>
      </tr>
      {open && <DetailRow record={record} column={column} span={7} />}
    </>
  );
}
