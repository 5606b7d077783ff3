// What the server tells as it happens. The line is opened again whenever it breaks; then everybody looks anew.
import type { Change } from "./api.ts";

type Listener = (change: Change) => void;
export type Line = "open" | "broken";

const listeners = new Set<Listener>();
const watchers = new Set<(line: Line) => void>();
const AGAIN = 2_000;

let source: EventSource | undefined;
let line: Line = "open";
let wasBroken = false;

/** Hear of changes until the returned function is called. "missed" means: look at everything anew. */
export function listen(listener: Listener): () => void {
  listeners.add(listener);
  source ??= connect();
  return () => listeners.delete(listener);
}

/** Hear whether the line to the server stands. */
export function watchLine(watcher: (line: Line) => void): () => void {
  watchers.add(watcher);
  watcher(line);
  return () => watchers.delete(watcher);
}

/** After signing in or out: what is told depends on who listens. */
export function reconnect(): void {
  source?.close();
  source = listeners.size ? connect() : undefined;
}

function connect(): EventSource {
  const opened = new EventSource("/api/v1/changes");
  opened.onmessage = (event: MessageEvent<string>) => tell(JSON.parse(event.data) as Change);
  opened.onopen = () => {
    turn("open");
    if (wasBroken) tell({ kind: "missed" });
    wasBroken = false;
  };
  opened.onerror = () => {
    wasBroken = true;
    turn("broken");
    // A refused line is closed for good by the browser; a broken one it mends itself.
    if (opened.readyState === EventSource.CLOSED) setTimeout(() => source === opened && reconnect(), AGAIN);
  };
  return opened;
}

function tell(change: Change): void {
  if (change.kind !== "quiet") for (const listener of Array.from(listeners)) listener(change);
}

function turn(now: Line): void {
  if (now === line) return;
  line = now;
  for (const watcher of Array.from(watchers)) watcher(now);
}
