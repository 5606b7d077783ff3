import { declared, plural } from "../format.ts";
import { rate } from "../timeline/words.ts";
import type { FleetBudget } from "./api.ts";
import { ask } from "./client.ts";
import { allowedWords, seenWords } from "./fleet.ts";
import { ofAny, useResource } from "./resource.ts";
import { useQuery } from "./router.ts";
import { modelPath, settingsPath } from "./routes.ts";

/** How many false alerts the fleet may raise and how many alerts it raised; the shares of the models on demand. */
export function BudgetOfFleet() {
  const { value } = useResource("fleet budget", (signal) => ask("GET /api/v1/fleet/budget", { signal }), ofAny);
  const [shown, show] = useQuery("budget");
  if (!value) return null;
  const [allowed, seen] = [allowedWords(value), seenWords(value)];
  if (!allowed && !seen) return null;
  return (
    <>
      <p class="note budget-note">
        {seen && <Against budget={value} />}
        <span title="Alerts may all be true: the budgets say how many false ones to expect at most.">{seen}</span>
        {allowed && (
          <button type="button" class="link" aria-expanded={shown === "shares"} onClick={() => show(shown ? "" : "shares")}>
            Budget of the fleet: {allowed}
          </button>
        )}
        {allowed && shown === "shares" && (
          <a class="link" href={settingsPath("budget")}>
            Divide it otherwise
          </a>
        )}
      </p>
      {allowed && shown === "shares" && <Shares budget={value} />}
    </>
  );
}

const WIDTH = 72;

/** Alerts seen as a bar, over the false ones to expect in grey. */
function Against({ budget: { expected, observed } }: { budget: FleetBudget }) {
  const most = Math.max(expected, observed, 1);
  return (
    <svg class="against-budget" width={WIDTH} height="10" aria-hidden="true">
      <rect class="expected" width={(WIDTH * expected) / most} height="10" />
      <rect class="seen" y="3" width={(WIDTH * observed) / most} height="4" />
    </svg>
  );
}

/** Which part of the budget each model has. */
export function Shares({ budget: { budget, shares } }: { budget: FleetBudget }) {
  const all = shares.reduce((sum, { weight }) => sum + weight, 0);
  return (
    <section class="budget-shares" aria-label="Budget of the fleet">
      <p class="note">
        {shares.length ? `Divided among ${plural(shares.length, "model")} by their weights; a model with a budget of its own takes no part.` : "No model takes part: each has a budget of its own, or no baseline."}
      </p>
      {shares.length > 0 && (
        <div class="scroll">
          <table aria-label="Shares of the budget">
            <thead>
              <tr>
                <th>Model</th>
                <th class="n">Weight</th>
                <th class="n">Its share</th>
              </tr>
            </thead>
            <tbody>
              {shares.map(({ model, weight, alerts, days }) => (
                <tr key={model} title={`${declared(weight)} of the ${declared(all)} that all weights add up to, of the fleet's budget ${budget ?? ""}`}>
                  <th scope="row">
                    <a class="name" href={modelPath(model)}>
                      <bdi>{model}</bdi>
                    </a>
                  </th>
                  <td class="n">{declared(weight)}</td>
                  <td class="n">{rate({ alerts, days })}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
