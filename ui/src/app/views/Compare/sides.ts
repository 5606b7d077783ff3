// A side of a comparison, as addresses hold it: `version=7&from=2026-03-01`.
import type { Parts, Slice } from "../../api.ts";
import { dayOf, endOf, startOf } from "../../days.ts";

export interface Side {
  version: string;
  /** `column=value`, as the list of segments names it. */
  segment: string;
  /** First and last day, both included; "": open. */
  from: string;
  to: string;
}

export const WHOLE: Side = { version: "", segment: "", from: "", to: "" };

export function parseSide(text: string): Side {
  const parts = new URLSearchParams(text);
  return { version: parts.get("version") ?? "", segment: parts.get("segment") ?? "", from: parts.get("from") ?? "", to: parts.get("to") ?? "" };
}

export function formatSide(side: Side): string {
  return new URLSearchParams(Object.entries(side).filter(([, value]) => value)).toString();
}

export function sliceOf({ version, segment, from, to }: Side): Slice {
  const at = segment.indexOf("=");
  return {
    version: version || null,
    segment: at > 0 ? { column: segment.slice(0, at), value: segment.slice(at + 1) } : null,
    from: (from && startOf(from)) || null,
    to: (to && endOf(to)) || null,
  };
}

/** What a side is called: `version 7, state=CA, since 3 Mar`. */
export function wordsOf({ version, segment, from, to }: Side): string {
  const time = from && to ? (from === to ? from : `${from} to ${to}`) : from ? `since ${from}` : to ? `up to ${to}` : "";
  return [version && `version ${version}`, segment.replace("=", " = "), time].filter(Boolean).join(", ") || "all rows";
}

/** What is compared where nothing was chosen: the newest version with the one before, else the later half with the earlier. */
export function proposed({ versions, start, end }: Parts): [Side, Side] {
  const [newest, before] = [...versions].sort((a, b) => b.localeCompare(a, "en", { numeric: true }));
  if (newest && before) return [{ ...WHOLE, version: before }, { ...WHOLE, version: newest }];
  if (!start || !end) return [WHOLE, WHOLE];
  const middle = dayOf(new Date((Date.parse(start) + Date.parse(end)) / 2));
  const dayBefore = dayOf(new Date(Date.parse(startOf(middle)) - 1));
  return [
    { ...WHOLE, from: dayOf(new Date(start)), to: dayBefore },
    { ...WHOLE, from: middle, to: dayOf(new Date(Date.parse(end) - 1)) },
  ];
}
