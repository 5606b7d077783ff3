// A baseline that the server learns: how far it is, and what comes then.
import { useEffect, useState } from "preact/hooks";
import { declared, number, plural } from "../../../format.ts";
import type { Learning as State } from "../../api.ts";
import { ask } from "../../client.ts";
import { failureOf } from "../../resource.ts";
import { modelPath, settingsPath } from "../../routes.ts";
import { Choice, TextField } from "./forms.tsx";

const LOOK_AGAIN = 500;

/** The state of a model's learning, followed until it ends. */
export function useLearning(model: string, started: boolean): State | null {
  const [state, setState] = useState<State | null>(null);
  useEffect(() => {
    if (!started) return;
    let timer = 0;
    const stop = new AbortController();
    const look = async () => {
      try {
        const found = await ask("GET /api/v1/models/{name}/learning", { path: { name: model }, signal: stop.signal });
        setState(found);
        if (found.state === "waiting" || found.state === "learning") timer = window.setTimeout(look, LOOK_AGAIN);
      } catch (error) {
        if (stop.signal.aborted) return;
        const failure = failureOf(error);
        if (failure.passes) timer = window.setTimeout(look, 4 * LOOK_AGAIN);
        else setState({ state: "failed", problem: failure.message });
      }
    };
    void look();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [model, started]);
  return started ? state : null;
}

/** Rows done, or what came of it. */
export function Progress({ model, state }: { model: string; state: State | null }) {
  if (!state || state.state === "waiting") return <p role="status">The baseline waits for its turn …</p>;
  if (state.state === "learning") {
    const { rows_done = 0, rows_total } = state;
    return (
      <div role="status">
        <p>
          Learning the baseline: {number(rows_done)}
          {rows_total ? ` of ${plural(rows_total, "row")}` : " rows"} …
        </p>
        <progress value={rows_total ? rows_done / rows_total : undefined} aria-label="Rows counted" />
      </div>
    );
  }
  if (state.state === "failed") {
    return (
      <p class="problem" role="alert">
        The baseline could not be learned. {state.problem} {state.next_step}
      </p>
    );
  }
  return (
    <div class="done" role="status">
      <h2>
        The baseline of <bdi>{model}</bdi> is set{state.rows_done ? ` (${plural(state.rows_done, "row")})` : ""}.
      </h2>
      <p>Whatever the model sends from now on is compared to it. This sends predictions from where the model runs:</p>
      <pre>{`from leadline_client import Leadline

monitor = Leadline(${JSON.stringify(location.origin)}, token=...).model(${JSON.stringify(model)}, version="1")
with monitor.prediction(id=request_id, features=row) as p:
    p.score = model.predict_proba(row)[0, 1]`}</pre>
      <p class="actions">
        <a class="button primary" href={modelPath(model)}>
          Open the model
        </a>
        <a class="link" href={settingsPath("monitors", { model })}>
          Set its monitors
        </a>
      </p>
    </div>
  );
}

export interface Judging {
  window: string;
  alerts: string;
  days: string;
}

export const USUAL: Judging = { window: "", alerts: "1", days: "30" };

const WINDOWS = [
  ["", "chosen for you"],
  ["1h", "an hour"],
  ["6h", "six hours"],
  ["1d", "a day"],
  ["1w", "a week"],
] as const;

/** How the model is to be judged: windows, and the false alerts that are allowed. */
export function JudgingFields({ value, change }: { value: Judging; change(value: Judging): void }) {
  return (
    <div class="fields">
      <Choice name="A window is" value={value.window} of={WINDOWS} change={(window) => change({ ...value, window })} hint="What is judged at once." />
      <BudgetFields alerts={value.alerts} days={value.days} change={(alerts, days) => change({ ...value, alerts, days })} />
    </div>
  );
}

interface BudgetProps {
  alerts: string;
  days: string;
  change(alerts: string, days: string): void;
  required?: boolean;
}

export function BudgetFields({ alerts, days, change, required }: BudgetProps) {
  return (
    <>
      <TextField name="False alerts allowed" type="number" min={0} step="any" value={alerts} change={(next) => change(next, days)} required={required} hint="The budget: thresholds follow from it." />
      <TextField name="in so many days" type="number" min={1} step="any" value={days} change={(next) => change(alerts, next)} required={required} hint="Days over which that many are allowed, on average." />
    </>
  );
}

/** `1/30d`. */
export function budgetOf(alerts: string, days: string): string {
  return `${declared(Number(alerts))}/${declared(Number(days))}d`;
}

/** Options of what is filled in. */
export function judgingOptions({ window, alerts, days }: Judging): Record<string, unknown> {
  return { ...(window && { window }), ...(Number(alerts) > 0 && Number(days) > 0 && { budget: budgetOf(alerts, days) }) };
}
