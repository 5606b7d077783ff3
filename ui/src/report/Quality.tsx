import type { ColumnResult, ReportRecord } from "../record.ts";
import { Facts } from "../components/Facts.tsx";
import { Part } from "../components/Fold.tsx";
import { exists, percent, plural } from "../format.ts";
import { rowsWords } from "../record-view.ts";
import type { Control } from "../state.ts";

const SHARES = [
  ["missing_share", "Missing"],
  ["unseen_share", "Never seen"],
  ["out_of_range_share", "Out of range"],
  ["infinite_share", "Infinite"],
] as const;

/** Half a point: the default floor of shares. Less than that is not worth a line. */
const WORTH_A_LINE = 0.005;

/** Quality of the tables as wholes, and the columns whose quality moved. */
export function Quality({ record, control }: { record: ReportRecord; control: Control }) {
  const moved = record.columns.filter((column) => movement(column) >= WORTH_A_LINE || typeChanged(column));
  moved.sort((a, b) => Number(typeChanged(b)) - Number(typeChanged(a)) || movement(b) - movement(a));
  return (
    <Part id="quality" name="Quality" note={moved.length ? `${plural(moved.length, "column")} moved` : "no share moved by half a point, no type changed"} matters={moved.length > 0} control={control} printed>
      {() => (
        <div class="side-by-side">
          <Facts record={record} values={record.quality} reasons={record.quality_reasons} />
          {moved.length ? (
            <MovedTable record={record} columns={moved.slice(0, 12)} rest={moved.length - 12} />
          ) : (
            <p class="reason">No column's missing, unseen, out-of-range or infinite share moved by half a point, and no type changed.</p>
          )}
        </div>
      )}
    </Part>
  );
}

function typeChanged(column: ColumnResult): boolean {
  return Boolean(column.quality["type_changed"]);
}

function share(column: ColumnResult, key: string): number {
  const value = column.quality[key];
  return typeof value === "number" && exists(value) ? value : 0;
}

function movement(column: ColumnResult): number {
  return Math.max(...SHARES.map(([key]) => Math.abs(share(column, key) - share(column, `${key}_reference`))));
}

function MovedTable({ record, columns, rest }: { record: ReportRecord; columns: ColumnResult[]; rest: number }) {
  return (
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th>Columns that moved</th>
            {SHARES.map(([, word]) => (
              <th class="n">{word}</th>
            ))}
            <th>Type</th>
          </tr>
        </thead>
        <tbody>
          {columns.map((column) => (
            <tr title={rowsWords(record.reference.rows, record.current.rows, false)}>
              <th scope="row">
                <bdi>{column.name}</bdi>
              </th>
              {SHARES.map(([key]) => (
                <td class="n" title={sharesWords(record, column, key)}>
                  <Was now={share(column, key)} was={share(column, `${key}_reference`)} known={column.quality[key] != null} />
                </td>
              ))}
              <td>{typeChanged(column) ? `${column.physical ?? "none"} → ${column.physical_current ?? "none"}` : ""}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {rest > 0 && <p class="note">and {plural(rest, "more column")} that moved less</p>}
    </div>
  );
}

/** `reference 0 %, current 6.3 %; 1 204 current rows against 45 000 rows of the reference`. */
function sharesWords({ reference, current }: ReportRecord, column: ColumnResult, key: string): string | undefined {
  if (column.quality[key] == null) return undefined;
  const shares = `reference ${percent(share(column, `${key}_reference`))}, current ${percent(share(column, key))}`;
  return `${shares}; ${rowsWords(reference.rows, current.rows, false)}`;
}

function Was({ now, was, known }: { now: number; was: number; known: boolean }) {
  if (!known) return null;
  if (Math.abs(now - was) < WORTH_A_LINE) return <span class="muted">{percent(now)}</span>;
  return (
    <>
      <span class="was">{percent(was)}</span> <strong>{percent(now)}</strong>
    </>
  );
}
