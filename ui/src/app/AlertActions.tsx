import { useState } from "preact/hooks";
import { words } from "../format.ts";
import type { AlertDetail, Bodies, PlainAlert } from "./api.ts";
import { ask } from "./client.ts";
import { failureOf } from "./resource.ts";
import { useViewer } from "./session.ts";
import { Moment, momentWords, told } from "./times.tsx";

type Step = "acknowledge" | "snooze" | "resolve" | "reopen" | "assign" | "comment" | "useful";
type Path<S extends Step> = `POST /api/v1/alerts/{number}/${S}`;

/** What somebody does about an alert. */
export function change<S extends Step>(number: number, step: S, body?: Bodies[Path<S>]): Promise<unknown> {
  return ask(`POST /api/v1/alerts/{number}/${step}` as Path<S>, { path: { number }, body });
}

const HOUR = 3_600_000;
const SNOOZES = [
  ["1 hour", HOUR],
  ["1 day", 24 * HOUR],
  ["1 week", 7 * 24 * HOUR],
] as const;

/** Acknowledge, snooze, resolve, assign, comment, and whether the alert was useful. */
export function AlertActions({ alert, again }: { alert: PlainAlert; again(): void }) {
  const viewer = useViewer();
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  if (!viewer.writes) return <p class="note">You may only read. Editors can acknowledge, snooze, resolve and comment.</p>;
  const act = async <S extends Step>(step: S, body?: Bodies[Path<S>]) => {
    setBusy(true);
    setProblem("");
    try {
      await change(alert.id, step, body);
    } catch (error) {
      setProblem(failureOf(error).message);
    }
    setBusy(false);
    again();
  };
  const over = alert.state === "resolved";
  return (
    <fieldset class="act" disabled={busy}>
      <legend class="sr">What to do with the alert</legend>
      <p class="actions">
        {alert.state === "open" && (
          <button type="button" class="button primary" onClick={() => void act("acknowledge")}>
            Acknowledge <kbd>a</kbd>
          </button>
        )}
        {over ? (
          <button type="button" class="button" onClick={() => void act("reopen")}>
            Reopen
          </button>
        ) : (
          <button type="button" class="button" onClick={() => void act("resolve")}>
            Resolve
          </button>
        )}
      </p>
      {!over && (
        <p class="actions small">
          <span class="note">Snooze for</span>
          {SNOOZES.map(([name, length]) => (
            <button type="button" class="link" onClick={() => void act("snooze", { until: new Date(Date.now() + length).toISOString() })}>
              {name}
            </button>
          ))}
        </p>
      )}
      <Assign alert={alert} give={(to) => void act("assign", { to })} />
      <CommentBox say={(text) => act("comment", { text })} />
      <p class="actions small">
        <span class="note">Was this useful?</span>
        {([true, false] as const).map((useful) => (
          <button type="button" class="link" aria-pressed={alert.useful === useful} onClick={() => void act("useful", { useful })}>
            {useful ? "yes" : "no"}
          </button>
        ))}
      </p>
      {problem && (
        <p class="note" role="alert">
          {problem}
        </p>
      )}
    </fieldset>
  );
}

function Assign({ alert, give }: { alert: PlainAlert; give(to: string): void }) {
  const viewer = useViewer();
  const [name, setName] = useState<string | null>(null);
  if (name === null) {
    return (
      <p class="actions small">
        <span class="note">{alert.assignee ? `${alert.assignee} looks after it` : "Nobody looks after it"}</span>
        {viewer.name && !viewer.open && alert.assignee !== viewer.name && (
          <button type="button" class="link" onClick={() => give(viewer.name)}>
            take it
          </button>
        )}
        <button type="button" class="link" onClick={() => setName(alert.assignee)}>
          assign
        </button>
      </p>
    );
  }
  return (
    <form
      class="line-form"
      onSubmit={(event) => {
        event.preventDefault();
        give(name.trim());
        setName(null);
      }}
    >
      <input aria-label="Who looks after it" placeholder="Name; empty: nobody" value={name} autoFocus onInput={(event) => setName(event.currentTarget.value)} />
      <button type="submit" class="button">
        Assign
      </button>
    </form>
  );
}

function CommentBox({ say }: { say(text: string): Promise<void> }) {
  const [text, setText] = useState("");
  return (
    <form
      class="line-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (text.trim()) void say(text.trim()).then(() => setText(""));
      }}
    >
      <input aria-label="Comment" placeholder="What others should know" value={text} onInput={(event) => setText(event.currentTarget.value)} />
      <button type="submit" class="button" disabled={!text.trim()}>
        Comment
      </button>
    </form>
  );
}

/** Every step of an alert, the latest first, and who was told. */
export function History({ detail: { history, deliveries } }: { detail: AlertDetail }) {
  return (
    <>
      <h2>What became of it</h2>
      <ol class="history">
        {[...history].reverse().map((step) => (
          <li key={`${step.at} ${step.what}`}>
            <span class="step-head">
              <b>{words(step.what)}</b>
              <span class="note">
                {step.who && `${step.who}, `}
                <Moment at={step.at} />
              </span>
            </span>
            {step.text && <p class="note said">{told(step.text)}</p>}
          </li>
        ))}
      </ol>
      {deliveries.length > 0 && (
        <>
          <h2>Who was told</h2>
          <ul class="history">
            {deliveries.map((sent) => (
              <li key={`${sent.channel} ${sent.happened} ${sent.made_at}`}>
                <span class="step-head">
                  <b>
                    {sent.channel} <span class="note">{sent.kind}</span>
                  </b>
                  <span class="note">{sent.delivered_at ? <Moment at={sent.delivered_at} /> : `not yet; tried ${sent.tries} times`}</span>
                </span>
                {!sent.delivered_at && sent.problem && (
                  <p class="note said">
                    {sent.problem}; tried again {momentWords(sent.next_at)}
                  </p>
                )}
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}
