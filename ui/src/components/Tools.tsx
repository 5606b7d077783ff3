import { useState } from "preact/hooks";
import { download, type Sheet } from "../csv.ts";
import { number, plural } from "../format.ts";

const FIRST = 100;

/** The way from a picture to its numbers: a table on the page, and a file. */
export function Tools({ sheet, file }: { sheet: Sheet; file?: Sheet }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <p class="tools">
        <button type="button" class="link" aria-expanded={open} onClick={() => setOpen(!open)}>
          Table<span class="sr"> of {sheet.name}</span>
        </button>
        <ToFile sheet={file ?? sheet} />
      </p>
      {open && <SheetTable sheet={sheet} />}
    </>
  );
}

/** The way from a table to a file of all its numbers. */
export function Csv({ sheet }: { sheet: Sheet }) {
  return (
    <p class="tools">
      <ToFile sheet={sheet} />
    </p>
  );
}

function ToFile({ sheet }: { sheet: Sheet }) {
  return (
    <button type="button" class="link" onClick={() => download(sheet)}>
      CSV<span class="sr"> of {sheet.name}</span>
    </button>
  );
}

function SheetTable({ sheet }: { sheet: Sheet }) {
  const [all, setAll] = useState(false);
  const rows = sheet.rows();
  const shown = all ? rows : rows.slice(0, FIRST);
  const numeric = sheet.head.map((_, i) => rows.some((row) => typeof row[i] === "number"));
  return (
    <div class="sheet scroll" tabIndex={0} role="region" aria-label={sheet.name}>
      <table>
        <thead>
          <tr>
            {sheet.head.map((name, i) => (
              <th class={numeric[i] ? "n" : ""}>{name}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {shown.map((row) => (
            <tr>
              {row.map((value, i) => (
                <td class={numeric[i] ? "n" : ""} title={typeof value === "number" ? String(value) : undefined}>
                  {typeof value === "number" ? number(value) : value}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {shown.length < rows.length && (
        <button type="button" class="more" onClick={() => setAll(true)}>
          Show {plural(rows.length - shown.length, "more row")}
        </button>
      )}
    </div>
  );
}
