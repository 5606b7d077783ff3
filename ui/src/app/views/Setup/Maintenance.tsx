import { useState } from "preact/hooks";
import type { ShownMaintenance } from "../../api.ts";
import { ask } from "../../client.ts";
import { useResource } from "../../resource.ts";
import { useViewer } from "../../session.ts";
import { Fetched } from "../../States.tsx";
import { Moment } from "../../times.tsx";
import { Confirmed, Grid, TextField, useAct, Wrong } from "./forms.tsx";

/** Times in which nothing is told of some models: planned, under way, past. */
export function Maintenance() {
  const viewer = useViewer();
  const windows = useResource("maintenance", (signal) => ask("GET /api/v1/maintenance", { signal }), () => false);
  return (
    <section class="steps">
      <p class="lead">While a model is under maintenance nobody is told of its alerts. They are kept and marked, and what is still there afterwards is told then.</p>
      <Fetched of={windows} what="list of maintenance">
        {({ items }) =>
          items.length ? (
            <Grid label="Maintenance" head={["Why", "Models", "Begins", "Ends", "Who", ""]}>
              {items.map((one) => (
                <Line key={one.id} one={one} again={windows.again} />
              ))}
            </Grid>
          ) : (
            <p class="reason">Nothing is planned.</p>
          )
        }
      </Fetched>
      {viewer.writes && <Plan again={windows.again} />}
    </section>
  );
}

function Line({ one, again }: { one: ShownMaintenance; again(): void }) {
  const viewer = useViewer();
  const act = useAct();
  return (
    <tr>
      <th scope="row">{one.why}</th>
      <td>
        <bdi>{one.model === "*" ? "all" : one.model}</bdi>
      </td>
      <td>
        <Moment at={one.begins} /> {one.under_way && <b>now</b>}
      </td>
      <td>
        <Moment at={one.ends} />
      </td>
      <td>{one.who}</td>
      <td class="row-actions">
        {viewer.writes && (
          <Confirmed
            name={one.under_way ? "End" : "Remove"}
            sure={one.under_way ? "End it now?" : "Remove it?"}
            act={() => void act.run(() => ask("DELETE /api/v1/maintenance/{number}", { path: { number: one.id } })).then(again)}
          />
        )}
        <Wrong failure={act.failure} />
      </td>
    </tr>
  );
}

function Plan({ again }: { again(): void }) {
  const empty = { why: "", model: "", begins: "", ends: "" };
  const [wanted, want] = useState(empty);
  const act = useAct();
  const plan = async () => {
    const { why, model, begins, ends } = wanted;
    const body = { why, model: model.trim() || "*", begins: begins && utc(begins), ends: utc(ends) };
    if (await act.run(() => ask("POST /api/v1/maintenance", { body }))) {
      want(empty);
      again();
    }
  };
  return (
    <form
      class="add-line"
      aria-label="Plan maintenance"
      onSubmit={(event) => {
        event.preventDefault();
        void plan();
      }}
    >
      <div class="fields">
        <TextField name="Why" value={wanted.why} change={(why) => want({ ...wanted, why })} required />
        <TextField name="Models" value={wanted.model} change={(model) => want({ ...wanted, model })} placeholder="all" hint="A name, or a pattern with * and ?." />
        <TextField name="Begins" type="datetime-local" value={wanted.begins} change={(begins) => want({ ...wanted, begins })} hint="Empty: now." />
        <TextField name="Ends" type="datetime-local" value={wanted.ends} change={(ends) => want({ ...wanted, ends })} required hint="In your time zone." />
        <button type="submit" class="button" disabled={act.busy}>
          Plan
        </button>
      </div>
      <Wrong failure={act.failure} />
    </form>
  );
}

/** A time of the viewer's zone, as the server takes it. */
function utc(local: string): string {
  return new Date(local).toISOString();
}
