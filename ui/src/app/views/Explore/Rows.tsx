import { number, plural } from "../../../format.ts";
import { download } from "../../../csv.ts";
import type { Explored, ShownColumn } from "../../api.ts";
import { Moment } from "../../times.tsx";

type Cell = Explored["rows"][number][number];

/** What a row is first known by. */
const FIRST = ["timestamp", "id", "version", "prediction", "score", "label"];

/** The latest rows of the slice, for who may see them. */
export function Rows({ found }: { found: Explored }) {
  const { matched, rows_reason } = found;
  const order = found.columns.map((_, i) => i).sort((a, b) => rank(found.columns[a]!) - rank(found.columns[b]!));
  const columns = order.map((i) => found.columns[i]!);
  const rows = found.rows.map((row) => order.map((i) => row[i]!));
  return (
    <section aria-label="Rows">
      <div class="section-head">
        <h2>Rows</h2>
        {rows.length > 0 && <p class="note">{rows.length < matched ? `the latest ${number(rows.length)} of ${number(matched)}` : plural(rows.length, "row")}</p>}
        {rows.length > 0 && (
          <button type="button" class="link" onClick={() => download({ name: "rows", head: columns.map(({ name }) => name), rows: () => rows.map((row) => row.map(plain)) })}>
            CSV
          </button>
        )}
      </div>
      {rows_reason && <p class="reason">Not shown: {rows_reason}.</p>}
      {rows.length > 0 && (
        <div class="scroll slice-rows" tabIndex={0} role="region" aria-label="The rows">
          <table>
            <thead>
              <tr>
                {columns.map((column) => (
                  <th class={column.kind === "number" ? "n" : ""} title={column.role}>
                    {column.name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <tr>
                  {row.map((value, i) => (
                    <td class={columns[i]!.kind === "number" ? "n" : ""}>
                      <Value value={value} column={columns[i]!} />
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function rank({ role }: ShownColumn): number {
  const at = FIRST.indexOf(role);
  return at < 0 ? FIRST.length : at;
}

function Value({ value, column: { kind, hidden } }: { value: Cell; column: ShownColumn }) {
  if (hidden) return <span class="muted">hidden</span>;
  if (value === null) return <span class="muted">–</span>;
  if (kind === "time" && typeof value === "string") return <Moment at={value} />;
  if (typeof value === "number") return <span title={String(value)}>{number(value)}</span>;
  return <bdi>{String(value)}</bdi>;
}

const plain = (value: Cell) => (typeof value === "boolean" ? String(value) : value);
