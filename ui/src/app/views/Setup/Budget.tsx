import { useState } from "preact/hooks";
import type { FleetBudget, NewFleetBudget } from "../../api.ts";
import { Shares } from "../../BudgetOfFleet.tsx";
import { ask } from "../../client.ts";
import { useResource } from "../../resource.ts";
import { useViewer } from "../../session.ts";
import { Fetched } from "../../States.tsx";
import { Confirmed, Grid, useAct, Wrong } from "./forms.tsx";
import { BudgetFields, budgetOf } from "./Learning.tsx";
import { budgetParts } from "./monitors.ts";

/** One budget for all models together, and how it is divided. */
export function Budget() {
  const budget = useResource("budget that is set up", (signal) => ask("GET /api/v1/fleet/budget", { signal }), () => false);
  return (
    <>
      <p class="lead">How many false alerts all models together may raise. Each model has a share of them; one with a budget of its own takes no part.</p>
      <Fetched of={budget} what="budget of the fleet">
        {(found) => (
          <>
            <BudgetForm found={found} again={budget.again} />
            {found.budget && <Shares budget={found} />}
          </>
        )}
      </Fetched>
    </>
  );
}

type Weight = readonly [model: string, weight: string];

function BudgetForm({ found, again }: { found: FleetBudget; again(): void }) {
  const viewer = useViewer();
  const [{ alerts, days }, setParts] = useState(budgetParts(found.budget) ?? { alerts: "", days: "" });
  const [weights, weigh] = useState<Weight[]>(() => Object.entries(found.weights).map(([model, weight]) => [model, String(weight)]));
  const [kept, setKept] = useState("");
  const act = useAct();
  const keep = async (body: NewFleetBudget, said: string) => {
    setKept("");
    if (await act.run(() => ask("PUT /api/v1/fleet/budget", { body }))) {
      setKept(said);
      again();
    }
  };
  const given = () => Object.fromEntries(weights.filter(([model]) => model.trim()).map(([model, weight]) => [model.trim(), Number(weight)]));
  const remove = async () => {
    await keep({ budget: null, weights: given() }, "No budget of the fleet any more: each model keeps the one it was learned with.");
    setParts({ alerts: "", days: "" });
  };
  return (
    <form
      class="steps"
      aria-label="Budget of the fleet"
      onSubmit={(event) => {
        event.preventDefault();
        void keep({ budget: budgetOf(alerts, days), weights: given() }, "Kept. Every model is judged by its share from its next round on.");
      }}
    >
      <fieldset class="bare steps" disabled={!viewer.admin}>
        <div class="fields">
          <BudgetFields alerts={alerts} days={days} change={(nextAlerts, nextDays) => setParts({ alerts: nextAlerts, days: nextDays })} required />
        </div>
        <Weights weights={weights} change={weigh} reads={!viewer.admin} />
      </fieldset>
      <Wrong failure={act.failure} />
      {viewer.admin && (
        <p class="actions">
          <button type="submit" class="button primary" disabled={act.busy}>
            Save the budget
          </button>
          {found.budget && <Confirmed name="Remove the budget" sure="Remove it?" act={() => void remove()} disabled={act.busy} />}
          <span role="status">{kept || (!found.budget && <span class="note">None is set: each model keeps the one it was learned with.</span>)}</span>
        </p>
      )}
    </form>
  );
}

/** The models that do not weigh 1. */
function Weights({ weights, change, reads }: { weights: readonly Weight[]; change(weights: Weight[]): void; reads: boolean }) {
  const models = useResource("models that may be weighed", (signal) => ask("GET /api/v1/models", { signal }), () => false).value?.items ?? [];
  const put = (place: number, line: Weight) => change(weights.map((one, at) => (at === place ? line : one)));
  return (
    <section>
      <h2>Weights</h2>
      <p class="note">A model weighs 1 unless it is listed here; one that weighs 2 has twice the share.</p>
      {weights.length > 0 && (
        <Grid label="Weights of models" head={["Model", "Weight", ""]}>
          {weights.map(([model, weight], place) => (
            <tr key={place}>
              <td>
                <input type="text" aria-label="Model" list="weighed-models" required value={model} onInput={(event) => put(place, [event.currentTarget.value, weight])} />
              </td>
              <td>
                <input type="number" aria-label="Weight" title="Times the share of a model that is not listed" min={0.001} max={1_000} step="any" required value={weight} onInput={(event) => put(place, [model, event.currentTarget.value])} />
              </td>
              <td>
                <button type="button" class="link" onClick={() => change(weights.filter((_, at) => at !== place))}>
                  Remove
                </button>
              </td>
            </tr>
          ))}
        </Grid>
      )}
      {!reads && (
        <button type="button" class="button" onClick={() => change([...weights, ["", "2"]])}>
          Weigh a model
        </button>
      )}
      <datalist id="weighed-models">
        {models.map(({ name }) => (
          <option key={name} value={name} />
        ))}
      </datalist>
    </section>
  );
}
