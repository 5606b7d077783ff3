// Filters as addresses hold them: a list in JSON, short and exact.
import type { Filter } from "../../api.ts";
import { declared } from "../../../format.ts";

export function parseFilters(text: string): Filter[] {
  try {
    const found: unknown = JSON.parse(text || "[]");
    return Array.isArray(found) ? found.filter(isFilter) : [];
  } catch {
    return [];
  }
}

function isFilter(one: unknown): one is Filter {
  return typeof one === "object" && one !== null && typeof (one as Filter).column === "string";
}

export function formatFilters(filters: readonly Filter[]): string {
  return filters.length ? JSON.stringify(filters) : "";
}

/** `amount 10 to 20`, `channel is web or app`. */
export function wordsOf({ column, values, min, max, missing }: Filter): string {
  if (missing != null) return `${column} ${missing ? "is missing" : "is there"}`;
  if (values) return `${column} is ${values.join(" or ") || "nothing"}`;
  if (min != null && max != null) return `${column} ${declared(min)} to ${declared(max)}`;
  if (min != null) return `${column} at least ${declared(min)}`;
  return max != null ? `${column} at most ${declared(max)}` : column;
}
