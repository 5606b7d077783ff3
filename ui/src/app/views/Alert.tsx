import { Shape } from "../../components/Mark.tsx";
import { words } from "../../format.ts";
import { useKeys } from "../../keyboard.ts";
import { AlertActions, change, History } from "../AlertActions.tsx";
import { beforeWords, Causes, Changes, EvidenceList, Harm, Runbook, unknownHarm } from "../AlertFindings.tsx";
import type { AlertDetail, PlainAlert } from "../api.ts";
import { ask } from "../client.ts";
import { useResource } from "../resource.ts";
import { go } from "../router.ts";
import { ALERTS, modelPath } from "../routes.ts";
import { useViewer } from "../session.ts";
import { Fetched } from "../States.tsx";
import { Moment, told } from "../times.tsx";
import { useTitle } from "../title.ts";
import { TrendChart } from "../TrendChart.tsx";

/** What watches the service itself. */
const OPERATIONS = "operations";

/** One alert: what happened, how it is known, why, whom it hits, what to do, and who does it. */
export function Alert({ number }: { number: number }) {
  const detail = useResource(
    `alert ${number}`,
    (signal) => ask("GET /api/v1/alerts/{number}", { path: { number }, signal }),
    (heard) => heard.kind !== "rows",
  );
  return (
    <main class="alert-view">
      <Fetched of={detail} what="alert">
        {(found) => <Known detail={found} again={detail.again} />}
      </Fetched>
    </main>
  );
}

function Known({ detail, again }: { detail: AlertDetail; again(): void }) {
  const { alert, findings } = detail;
  const viewer = useViewer();
  const measured = alert.monitors.includes(OPERATIONS);
  // The first evidence stands right below and draws the same number.
  const drawnBelow = findings.trend != null && findings.evidence?.[0]?.trend?.title === findings.trend.title;
  useTitle(`${alert.model}: ${told(alert.sentence)} · Leadline`);
  useKeys({
    a: () => {
      if (viewer.writes && alert.state === "open") void change(alert.id, "acknowledge").then(again);
    },
    e: () => document.getElementById("causes")?.scrollIntoView(),
    Escape: () => go(modelPath(alert.model)),
  });
  return (
    <>
      <header class="model-head">
        <p class="crumbs">
          <a class="link" href={ALERTS}>
            Alerts
          </a>{" "}
          /{" "}
          <a class="link" href={modelPath(alert.model)}>
            <bdi>{alert.model}</bdi>
          </a>{" "}
          / {alert.id}
        </p>
      </header>
      <article class="alert-page">
        <header class="what">
          <p class={`mark ${markOf(alert)}`}>
            <Shape verdict={markOf(alert)} />
            <span>{stateWords(alert)}</span>
          </p>
          <h1>{told(alert.sentence)}</h1>
          <When alert={alert} />
          <Story detail={detail} />
        </header>
        <aside class="people" aria-label="People and time">
          <AlertActions alert={alert} again={again} />
          <div class="became">
            <History detail={detail} />
          </div>
        </aside>
        <div class="found">
          {findings.trend && !drawnBelow && <TrendChart trend={findings.trend} last={alert.last} />}
          <EvidenceList model={alert.model} evidence={findings.evidence ?? []} last={alert.last} />
          <Causes causes={findings.causes ?? []} measured={measured} />
          <Harm harm={findings.harm || alert.harm} segments={findings.segments ?? []} measured={measured} />
          <Changes events={detail.events} changes={findings.changes ?? []} />
          <Runbook steps={detail.runbook} />
        </div>
      </article>
    </>
  );
}

/** Ten seconds: why, how bad, what happened then, what to do. Each leads to all that is known of it. */
function Story({ detail: { alert, findings, events, runbook } }: { detail: AlertDetail }) {
  const [cause] = findings.causes ?? [];
  const [event] = events;
  const lines = [
    cause && (["causes", "Likely cause", `${cause.title}: ${cause.sentence}`] as const),
    (["harm", "Harm", findings.harm || alert.harm || unknownHarm(alert.monitors.includes(OPERATIONS))] as const),
    event && (["then", "Then", `${event.version ? `version ${event.version}` : event.text || words(event.kind)}, ${beforeWords(event.hours_before)}`] as const),
    runbook[0] && (["runbook", "First step", runbook[0]] as const),
  ].filter(Boolean) as (readonly [string, string, string])[];
  return (
    <dl class="story">
      {lines.map(([part, name, said]) => (
        <>
          <dt>
            <button type="button" class="link" onClick={() => document.getElementById(part)?.scrollIntoView()}>
              {name}
            </button>
          </dt>
          <dd>{said}</dd>
        </>
      ))}
    </dl>
  );
}

function markOf({ state, tier }: PlainAlert) {
  return state === "resolved" ? "ok" : tier === "warning" ? "warning" : "alert";
}

function stateWords({ state, tier, assignee }: PlainAlert): string {
  const kind = tier === "warning" ? "Warning" : "Alert";
  return `${kind}, ${state}${assignee ? `, ${assignee} looks after it` : ""}`;
}

function When({ alert: { opened, last, state, snoozed_until, maintenance, monitors } }: { alert: PlainAlert }) {
  return (
    <p class="note">
      <Moment at={opened} /> to <Moment at={last} />
      {state === "snoozed" && snoozed_until && (
        <>
          {" "}
          · snoozed until <Moment at={snoozed_until} />
        </>
      )}{" "}
      · raised by {monitors.join(", ")}
      {maintenance && ` · opened during maintenance: ${maintenance}`}
    </p>
  );
}
