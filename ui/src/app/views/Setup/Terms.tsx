import { useState } from "preact/hooks";
import { Coded } from "../../../components/Coded.tsx";
import { number, plural } from "../../../format.ts";
import type { History } from "../../api.ts";
import { ask } from "../../client.ts";
import { useResource } from "../../resource.ts";
import { useViewer } from "../../session.ts";
import { Fetched } from "../../States.tsx";
import { Grid, TextField, useAct, Wrong } from "./forms.tsx";

/** All that is kept, how long, and what becomes of it. */
export function Terms() {
  const viewer = useViewer();
  const kept = useResource("terms", (signal) => ask("GET /api/v1/retention", { signal }), () => false);
  return (
    <section class="steps">
      <h2>All that is kept</h2>
      <Fetched of={kept} what="list of what is kept">
        {({ history, terms }) => (
          <>
            <Grid label="All that is kept" head={["What", "Days", "Then"]}>
              {terms.map(({ what, days, then, setting, models = {} }) => (
                <tr key={what}>
                  <th scope="row">{what}</th>
                  <td title={termWords(days, setting, Object.keys(models).length)}>
                    {days == null ? "no end" : number(days)}
                    {Object.entries(models).map(([model, own]) => (
                      <span class="note" key={model}>
                        {" · "}
                        <bdi>{model}</bdi> {number(own)}
                      </span>
                    ))}
                  </td>
                  <td><Coded text={then} /></td>
                </tr>
              ))}
            </Grid>
            {viewer.admin && <HistoryForm found={history} again={kept.again} />}
          </>
        )}
      </Fetched>
    </section>
  );
}

/** How a number of days came to be, and where another one is set. */
function termWords(days: number | null | undefined, setting: string | undefined, own: number): string | undefined {
  if (days == null) return undefined;
  const begin = `${plural(days, "day")} after it came or was over`;
  if (!setting) return `${begin}; the same on every server`;
  return own ? `${begin}; ${plural(own, "model")} with terms of its own beside it` : `${begin}; it can be set on this page`;
}

const PARTS = [
  ["messages_days", "Messages"],
  ["alerts_days", "Alerts that are over"],
  ["events_days", "Events that are past"],
] as const;

function HistoryForm({ found, again }: { found: History; again(): void }) {
  const [days, setDays] = useState(() => Object.fromEntries(PARTS.map(([key]) => [key, String(found[key] ?? "")])));
  const [kept, setKept] = useState(false);
  const act = useAct();
  const keep = async () => {
    setKept(false);
    const body: History = Object.fromEntries(PARTS.map(([key]) => [key, Number(days[key])]));
    const done = await act.run(() => ask("PUT /api/v1/retention", { body }));
    setKept(done);
    if (done) again();
  };
  return (
    <form
      aria-label="How long what was told is kept"
      onSubmit={(event) => {
        event.preventDefault();
        void keep();
      }}
    >
      <div class="fields">
        {PARTS.map(([key, name]) => (
          <TextField key={key} name={name} type="number" min={1} step={1} required value={days[key] ?? ""} change={(value) => setDays({ ...days, [key]: value })} hint="days" />
        ))}
        <button type="submit" class="button" disabled={act.busy}>
          Save terms
        </button>
      </div>
      {kept && <p role="status">Kept. What is older goes within the hour.</p>}
      <Wrong failure={act.failure} />
    </form>
  );
}
