import { useState } from "preact/hooks";
import { fixed, number, plural, THIN } from "../../../format.ts";
import type { Privacy, Retention } from "../../api.ts";
import { ask } from "../../client.ts";
import { useResource } from "../../resource.ts";
import { useQuery } from "../../router.ts";
import { useViewer } from "../../session.ts";
import { Fetched } from "../../States.tsx";
import { Copies } from "./Copies.tsx";
import { Erase } from "./Erase.tsx";
import { Field, Grid, listOf, TextField, useAct, Wrong } from "./forms.tsx";
import { ClientPolicy } from "./Policy.tsx";
import { Terms } from "./Terms.tsx";

/** What is kept: of each model, of what was told, and copies of all of it. */
export function Data() {
  const viewer = useViewer();
  return (
    <>
      <OfModels />
      <Terms />
      {viewer.admin && <Copies />}
    </>
  );
}

/** How long what is known of each model is kept, how much room it takes, and what of its rows is shown. */
function OfModels() {
  const [chosen, choose] = useQuery("model");
  const sizes = useResource("sizes", (signal) => ask("GET /api/v1/size", { signal }), () => false);
  return (
    <Fetched of={sizes} what="sizes">
      {({ items }) => {
        if (!items.length) return <p class="reason">Nothing is kept yet.</p>;
        const model = items.find((one) => one.model === chosen) ?? items[0]!;
        return (
          <>
            <Grid label="Room that models take" head={["Model", ...SIZES, ""]} numbers={SIZES}>
              {items.map((one) => (
                <tr class={one === model ? "picked" : ""}>
                  <th scope="row">
                    <bdi>{one.model}</bdi>
                  </th>
                  <td class="n" title="predictions that are kept, with all their values or as stubs for late labels">
                    {number(one.rows)}
                  </td>
                  <td class="n" title="of predictions, labels and feedback in the database, as of its last checkpoint">
                    {one.rows && !one.rows_bytes ? <span class="note" title="Known once the database has moved them from its log into blocks">not known yet</span> : bytes(one.rows_bytes)}
                  </td>
                  <td class="n" title={`${plural(one.buckets, "profile")}: the counts of an hour or a day each`}>
                    {bytes(one.profiles_bytes)}
                  </td>
                  <td class="n" title={`A year like the ${plural(Number(one.days.toPrecision(2)), "day")} over which the rows came: rows as long as they are kept, and counts`}>
                    {one.year_bytes == null ? <span class="note">not known yet</span> : bytes(one.year_bytes)}
                  </td>
                  <td class="row-actions">
                    <button type="button" class="link" aria-pressed={one === model} onClick={() => choose(one.model)}>
                      Terms
                    </button>
                  </td>
                </tr>
              ))}
            </Grid>
            <OfModel key={model.model} model={model.model} />
          </>
        );
      }}
    </Fetched>
  );
}

function OfModel({ model }: { model: string }) {
  const viewer = useViewer();
  const path = { name: model };
  const retention = useResource(`retention ${model}`, (signal) => ask("GET /api/v1/models/{name}/retention", { path, signal }), () => false);
  const privacy = useResource(`privacy ${model}`, (signal) => ask("GET /api/v1/models/{name}/privacy", { path, signal }), () => false);
  return (
    <>
      <Fetched of={retention} what="retention">
        {({ retention: found, labels_waiting, labels_lost }) => (
          <RetentionForm model={model} found={found} waits={waitWords(labels_waiting, labels_lost)} />
        )}
      </Fetched>
      <Fetched of={privacy} what="privacy">
        {(found) => <PrivacyForm model={model} found={found} />}
      </Fetched>
      <ClientPolicy model={model} />
      {viewer.admin && <Erase model={model} />}
    </>
  );
}

function waitWords(waiting: number, lost: number): string {
  if (!waiting && !lost) return "No label waits for its prediction, and none came too late.";
  return `${plural(waiting, "label")} ${waiting === 1 ? "waits" : "wait"} for a prediction with that id; ${plural(lost, "label")} came too late or never had one.`;
}

const SIZES = ["Rows", "Rows on disk", "Counts on disk", "A year of this"];

const PARTS = [
  ["rows_days", "Rows with all their values", 90],
  ["labels_days", "Stubs for late labels", 180],
  ["buckets_days", "Counts by the hour", 400],
  ["profiles_days", "Counts by the day", 1_100],
] as const;

function RetentionForm({ model, found, waits }: { model: string; found: Retention; waits: string }) {
  const viewer = useViewer();
  const [days, setDays] = useState(() => Object.fromEntries(PARTS.map(([key, , usual]) => [key, String(found[key] ?? usual)])));
  const [kept, setKept] = useState(false);
  const act = useAct();
  const keep = async () => {
    setKept(false);
    const body: Retention = Object.fromEntries(PARTS.map(([key]) => [key, Number(days[key])]));
    setKept(await act.run(() => ask("PUT /api/v1/models/{name}/retention", { path: { name: model }, body })));
  };
  return (
    <form
      class="steps"
      onSubmit={(event) => {
        event.preventDefault();
        void keep();
      }}
    >
      <h2>
        How long <bdi>{model}</bdi> is kept
      </h2>
      <div class="fields">
        {PARTS.map(([key, name]) => (
          <TextField name={name} type="number" min={1} step={1} value={days[key] ?? ""} disabled={!viewer.writes} change={(value) => setDays({ ...days, [key]: value })} hint="days" />
        ))}
      </div>
      <p class="note">{waits}</p>
      <Wrong failure={act.failure} />
      {viewer.writes && (
        <p class="actions">
          <button type="submit" class="button" disabled={act.busy}>
            Save retention
          </button>
          {kept && <span role="status">Kept. What is older goes within the hour.</span>}
        </p>
      )}
    </form>
  );
}

function PrivacyForm({ model, found }: { model: string; found: Privacy }) {
  const viewer = useViewer();
  const [rows, setRows] = useState(found.rows ?? true);
  const [hidden, setHidden] = useState((found.hidden ?? []).join(", "));
  const [kept, setKept] = useState(false);
  const act = useAct();
  const keep = async () => {
    setKept(false);
    setKept(await act.run(() => ask("PUT /api/v1/models/{name}/privacy", { path: { name: model }, body: { rows, hidden: listOf(hidden) } })));
  };
  return (
    <form
      class="steps"
      onSubmit={(event) => {
        event.preventDefault();
        void keep();
      }}
    >
      <h2>What of its rows is shown</h2>
      <fieldset class="bare fields" disabled={!viewer.admin}>
        <Field name="Single rows" hint="To editors and admins; whoever looks is in the audit log.">
          <span class="check">
            <input type="checkbox" checked={rows} onChange={(event) => setRows(event.currentTarget.checked)} /> shown
          </span>
        </Field>
        <TextField name="Hidden columns" value={hidden} change={setHidden} placeholder="none" hint="Names, separated by commas: never shown, and no filter may name them." wide />
      </fieldset>
      <Wrong failure={act.failure} />
      {viewer.admin && (
        <p class="actions">
          <button type="submit" class="button" disabled={act.busy}>
            Save what is shown
          </button>
          {kept && <span role="status">This holds from now on.</span>}
        </p>
      )}
    </form>
  );
}

/** `1.4 MB`. */
export function bytes(size: number): string {
  if (size === 0) return `0${THIN}kB`;
  const [unit, name] = size >= 1e9 ? [1e9, "GB"] : size >= 1e6 ? [1e6, "MB"] : [1e3, "kB"];
  return `${fixed(size / unit, size >= 100 * unit ? 0 : 1)}${THIN}${name}`;
}
