import { Shape } from "../components/Mark.tsx";
import type { PlainAlert } from "./api.ts";
import { ask } from "./client.ts";
import { ofModel, type Resource, useResource } from "./resource.ts";
import { alertPath } from "./routes.ts";
import { Moment, told } from "./times.tsx";

/** Alerts, a line each. */
export function AlertLines({ alerts, model = false }: { alerts: readonly PlainAlert[]; model?: boolean }) {
  if (!alerts.length) return null;
  return (
    <ul class={`alert-lines${model ? " of-models" : ""}`} aria-label="Alerts">
      {alerts.map((alert) => (
        <li key={alert.id} class={`${alert.tier} ${alert.state}`}>
          <Shape verdict={alert.state === "resolved" ? "ok" : alert.tier === "warning" ? "warning" : "alert"} />
          <a class="alert-sentence" data-row href={alertPath(alert.id)}>
            {model && (
              <strong>
                <bdi>{alert.model}</bdi>{" "}
              </strong>
            )}
            <span>{told(alert.sentence)}</span>
            {alert.harm && <span class="note"> {told(alert.harm)}</span>}
          </a>
          <span class="note">
            {alert.state}
            {alert.assignee && `, ${alert.assignee}`} since <Moment at={alert.opened} />
          </span>
        </li>
      ))}
    </ul>
  );
}

/** The living alerts of a model, alerts before warnings. */
export function useLiving(model: string): Resource<PlainAlert[]> {
  return useResource(
    `alerts ${model}`,
    async (signal) => (await ask("GET /api/v1/alerts", { query: { model, state: "living", tier: "any", limit: 20 }, signal })).items.sort(alertsFirst),
    (change) => (change.kind === "alert" || change.kind === "judgement") && ofModel(model)(change),
  );
}

const alertsFirst = (a: PlainAlert, b: PlainAlert) => a.tier.localeCompare(b.tier);

/** Say that somebody has seen the first open one. */
export async function acknowledgeFirst(alerts: readonly PlainAlert[]): Promise<void> {
  const open = alerts.find((alert) => alert.state === "open");
  if (open) await ask("POST /api/v1/alerts/{number}/acknowledge", { path: { number: open.id } });
}
