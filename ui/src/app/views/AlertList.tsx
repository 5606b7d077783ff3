import { plural } from "../../format.ts";
import { AlertLines } from "../AlertLines.tsx";
import { ask } from "../client.ts";
import { useResource } from "../resource.ts";
import { useQuery } from "../router.ts";
import { Fetched } from "../States.tsx";
import { useTitle } from "../title.ts";

const SHOWN = [
  { name: "living", asked: { state: "living" } },
  { name: "resolved", asked: { state: "resolved" } },
  { name: "warnings", asked: { state: "living", tier: "warning" } },
  { name: "all", asked: { tier: "any" } },
] as const;

/** Alerts of all models, the latest first. */
export function AlertList() {
  const [name, choose] = useQuery("show");
  const chosen = SHOWN.find((one) => one.name === name) ?? SHOWN[0];
  const alerts = useResource(
    `alerts ${chosen.name}`,
    (signal) => ask("GET /api/v1/alerts", { query: { ...chosen.asked, limit: 200 }, signal }),
    (change) => change.kind === "alert" || change.kind === "judgement",
  );
  useTitle("Alerts · Leadline");
  return (
    <main class="alerts-view">
      <header class="fleet-head">
        <h1>Alerts</h1>
        <p class="choice" role="group" aria-label="Which alerts">
          {SHOWN.map((one) => (
            <button type="button" class="quiet-button" aria-pressed={one === chosen} onClick={() => choose(one === SHOWN[0] ? "" : one.name)}>
              {one.name}
            </button>
          ))}
        </p>
      </header>
      <Fetched of={alerts} what="list of alerts">
        {({ items, next }) =>
          items.length ? (
            <>
              <AlertLines alerts={items} model />
              {next && <p class="note">The latest {plural(items.length, "alert")}; older ones are in the API.</p>}
            </>
          ) : (
            <p class="reason">{chosen === SHOWN[0] ? "No alert is open. A quiet fleet stays silent." : "There is none."}</p>
          )
        }
      </Fetched>
    </main>
  );
}
