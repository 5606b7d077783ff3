// Something that is fetched, kept up to date, and shown as it was while it cannot be had.
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { Change } from "./api.ts";
import { Failure } from "./client.ts";
import { listen } from "./live.ts";

export interface Resource<T> {
  /** The latest; undefined: nothing came yet. */
  value: T | undefined;
  /** Why the last try failed; the value, if any, is the one before. */
  failure: Failure | undefined;
  again(): void;
}

const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 15_000;
/** Changes often come together; one look answers all of them. Rows come all the time. */
const TOGETHER = 150;
const ROWS_TOGETHER = 10_000;

/**
 * Fetch something when `key` changes and whenever a change concerns it.
 *
 * @param key names what is fetched; null: nothing.
 * @param load fetches it.
 * @param concerns whether a change makes it stale.
 */
export function useResource<T>(key: string | null, load: (signal: AbortSignal) => Promise<T>, concerns: (change: Change) => boolean): Resource<T> {
  const [state, setState] = useState<{ key: string | null; value?: T; failure?: Failure }>({ key });
  const [turn, setTurn] = useState(0);
  const latest = useRef({ load, concerns });
  latest.current = { load, concerns };
  const again = useCallback(() => setTurn((count) => count + 1), []);

  useEffect(() => {
    if (key === null) return;
    const stop = new AbortController();
    let pause = FIRST_PAUSE;
    let timer = 0;
    const attempt = async () => {
      try {
        const value = await latest.current.load(stop.signal);
        if (!stop.signal.aborted) setState({ key, value });
      } catch (error) {
        if (stop.signal.aborted) return;
        const failure = failureOf(error);
        setState((before) => ({ key, value: before.key === key ? before.value : undefined, failure }));
        if (!failure.passes) return;
        timer = window.setTimeout(attempt, pause);
        pause = Math.min(LONGEST_PAUSE, pause * 2);
      }
    };
    void attempt();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [key, turn]);

  useEffect(() => {
    let timer = 0;
    let due = Infinity;
    const stop = listen((change) => {
      if (change.kind !== "missed" && !latest.current.concerns(change)) return;
      const at = performance.now() + (change.kind === "rows" ? ROWS_TOGETHER : TOGETHER);
      if (at >= due) return;
      due = at;
      clearTimeout(timer);
      timer = window.setTimeout(() => {
        due = Infinity;
        again();
      }, at - performance.now());
    });
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, []);

  return state.key === key ? { value: state.value, failure: state.failure, again } : { value: undefined, failure: undefined, again };
}

export function failureOf(error: unknown): Failure {
  if (error instanceof Failure) return error;
  return new Failure(500, { message: error instanceof Error ? error.message : String(error), next_step: "Load the page again." });
}

/** Changes of one model, or of all. */
export const ofModel = (model: string) => (change: Change) => !change.model || change.model === model;
export const ofAny = () => true;
