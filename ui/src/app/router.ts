// The address is the state: links change it without loading the page, and views follow it.
import { useEffect, useMemo, useState } from "preact/hooks";
import { type Control, controlOf, parseView, withView } from "../state.ts";

const MOVED = "leadline:moved";

/** Go to an address of this page. */
export function go(address: string, { replace = false } = {}): void {
  if (address === location.pathname + location.search) return;
  history[replace ? "replaceState" : "pushState"](null, "", address);
  dispatchEvent(new Event(MOVED));
  if (!replace) scrollTo(0, 0);
}

/** Follow plain clicks on links of this page; everything else is the browser's. */
export function followLinks(event: MouseEvent): void {
  const link = event.target instanceof Element ? event.target.closest("a") : null;
  if (!link || link.origin !== location.origin || link.target || link.hasAttribute("download")) return;
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  go(link.pathname + link.search);
}

/** Path and query as they are now. */
export function useAddress(): { path: string; query: string } {
  const [address, setAddress] = useState(read);
  useEffect(() => {
    const follow = () => setAddress(read());
    addEventListener("popstate", follow);
    addEventListener(MOVED, follow);
    return () => {
      removeEventListener("popstate", follow);
      removeEventListener(MOVED, follow);
    };
  }, []);
  return address;
}

function read() {
  return { path: location.pathname, query: location.search };
}

/** One value of the query, and how to change it. */
export function useQuery(name: string): [string, (value: string) => void] {
  const { query } = useAddress();
  const value = new URLSearchParams(query).get(name) ?? "";
  const change = (next: string) => {
    const parts = new URLSearchParams(location.search);
    if (next) parts.set(name, next);
    else parts.delete(name);
    go(location.pathname + (parts.size ? `?${parts}` : ""), { replace: true });
  };
  return [value, change];
}

/** The view of a page with columns, in the query of its address beside what else that says. */
export function useQueryView(): Control {
  const { query } = useAddress();
  return useMemo(
    () =>
      controlOf(parseView(query), (next) => {
        const text = withView(location.search, next);
        go(location.pathname + (text && `?${text}`), { replace: true });
      }),
    [query],
  );
}
