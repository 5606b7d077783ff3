// Tables as files: RFC 4180, and no cell that a spreadsheet would run as a formula.
import { save } from "./save.ts";

export type Cell = string | number | null | undefined;

export interface Sheet {
  name: string;
  head: string[];
  rows: () => Cell[][];
}

export function csv({ head, rows }: Sheet): string {
  return [head, ...rows()].map((row) => row.map(cell).join(",")).join("\r\n") + "\r\n";
}

function cell(value: Cell): string {
  if (value == null) return "";
  if (typeof value === "number") return Number.isFinite(value) ? String(value) : "";
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Hands a sheet to the reader as a file. */
export function download(sheet: Sheet): void {
  // The mark at the start makes spreadsheets read the text as UTF-8.
  save(new Blob(["\ufeff", csv(sheet)], { type: "text/csv;charset=utf-8" }), `${sheet.name}.csv`);
}
