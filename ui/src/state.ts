// What the reader chose (search, order, what is unfolded) lives in the address, so that it can be sent on.
import { useEffect, useMemo, useState } from "preact/hooks";

export type Order = "harm" | "name";

export interface View {
  query: string;
  order: Order;
  open: ReadonlySet<string>;
  /** First and last window in view; null: all of them. */
  windows: readonly [number, number] | null;
}

const EMPTY: View = { query: "", order: "harm", open: new Set(), windows: null };

/** What a hash or a query says, with or without its first sign. */
export function parseView(text: string): View {
  const parts = new URLSearchParams(text.replace(/^[#?]/, ""));
  return {
    query: parts.get("q") ?? "",
    order: parts.get("order") === "name" ? "name" : "harm",
    open: new Set(parts.getAll("open")),
    windows: parseWindows(parts.get("windows") ?? ""),
  };
}

function parseWindows(text: string): View["windows"] {
  const [, first, last] = /^(\d{1,9})-(\d{1,9})$/.exec(text) ?? [];
  return first === undefined || last === undefined ? null : [Number(first), Number(last)];
}

/** The view as `name=value&...`; "" where nothing was chosen. */
export function formatView(view: View): string {
  const parts = new URLSearchParams();
  if (view.query) parts.set("q", view.query);
  if (view.order !== "harm") parts.set("order", view.order);
  for (const key of view.open) parts.append("open", key);
  if (view.windows) parts.set("windows", view.windows.join("-"));
  return parts.toString();
}

const OWN = ["q", "order", "open", "windows"];

/** A query with another view, and with what else it said before. */
export function withView(query: string, view: View): string {
  const parts = new URLSearchParams(formatView(view));
  for (const [name, value] of new URLSearchParams(query)) if (!OWN.includes(name)) parts.append(name, value);
  return parts.toString();
}

export interface Control {
  view: View;
  search(query: string): void;
  sort(order: Order): void;
  toggle(key: string): void;
  zoom(windows: View["windows"]): void;
}

/** How a view is changed, given what takes the changed one. */
export function controlOf(view: View, change: (view: View) => void): Control {
  return {
    view,
    search: (query) => change({ ...view, query }),
    sort: (order) => change({ ...view, order }),
    zoom: (windows) => change({ ...view, windows }),
    toggle: (key) => {
      const open = new Set(view.open);
      if (!open.delete(key)) open.add(key);
      change({ ...view, open });
    },
  };
}

/** The view of a report, in the hash of its address. */
export function useView(): Control {
  const [view, setView] = useState<View>(() => readHash());
  useEffect(() => {
    const follow = () => setView(readHash());
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);
  return useMemo(
    () =>
      controlOf(view, (next) => {
        writeHash(next);
        setView(next);
      }),
    [view],
  );
}

function readHash(): View {
  try {
    return parseView(location.hash);
  } catch {
    return EMPTY;
  }
}

function writeHash(view: View): void {
  const text = formatView(view);
  try {
    history.replaceState(null, "", text ? `#${text}` : location.pathname + location.search);
  } catch {
    // A sandboxed notebook frame has no address of its own.
  }
}
