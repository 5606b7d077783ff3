import type { ModelOverview } from "../../api.ts";
import { ask } from "../../client.ts";
import { ofAny, useResource } from "../../resource.ts";
import { useQuery } from "../../router.ts";
import { modelPath, settingsPath } from "../../routes.ts";
import { useViewer } from "../../session.ts";
import { Fetched } from "../../States.tsx";
import { lasting, Moment } from "../../times.tsx";
import { AddFromFile } from "./AddFromFile.tsx";
import { Grid } from "./forms.tsx";
import { LearnFromRows } from "./LearnFromRows.tsx";

/** Every model, and how one gets what it is compared to. */
export function Models() {
  const viewer = useViewer();
  const [adding, add] = useQuery("add");
  const [learning, learn] = useQuery("learn");
  const models = useResource("set-up models", (signal) => ask("GET /api/v1/models", { signal }), ofAny);
  if (viewer.writes && adding) return <AddFromFile model={adding === "file" ? "" : adding} back={() => add("")} />;
  if (viewer.writes && learning) return <LearnFromRows model={learning} back={() => learn("")} />;
  return (
    <>
      <p class="lead">A model is compared to a baseline, which is learned once: from a file of rows that are known to be good, or from what the model has sent.</p>
      {viewer.writes && (
        <p class="actions">
          <button type="button" class="button primary" onClick={() => add("file")}>
            Add a model from a file
          </button>
          <span class="note">Or let it send predictions: it appears here by itself.</span>
        </p>
      )}
      <Fetched of={models} what="list of models">
        {({ items }) =>
          items.length ? (
            <Grid label="Models" head={["Model", "Baseline set", "Last row", "State", ...(viewer.writes ? [""] : [])]}>
              {items.map((model) => (
                <ModelLine model={model} add={() => add(model.name)} learn={() => learn(model.name)} />
              ))}
            </Grid>
          ) : (
            <p class="reason">No model is known yet.</p>
          )
        }
      </Fetched>
    </>
  );
}

function ModelLine({ model, add, learn }: { model: ModelOverview; add(): void; learn(): void }) {
  const viewer = useViewer();
  const { name, baseline_at, fresh_seconds, problem, waiting_for } = model;
  const sends = fresh_seconds != null || !baseline_at;
  return (
    <tr>
      <th scope="row">
        <a class="name" data-row href={modelPath(name)}>
          <bdi>{name}</bdi>
        </a>
      </th>
      <td>{baseline_at ? <Moment at={baseline_at} /> : <b>none</b>}</td>
      <td class="keep" title={fresh_seconds != null ? "since the last prediction was received" : undefined}>{fresh_seconds != null ? `${lasting(fresh_seconds)} ago` : <span class="note">none since the start</span>}</td>
      <td>{problem ? <span class="problem">{problem}</span> : waiting_for ? `waits for ${waiting_for}` : "judged"}</td>
      {viewer.writes && (
        <td class="row-actions">
          {sends && (
            <button type="button" class="link" onClick={learn}>
              {baseline_at ? "Learn anew" : "Learn from its rows"}
            </button>
          )}
          <button type="button" class="link" onClick={add}>
            From a file
          </button>
          {baseline_at && (
            <a class="link" href={settingsPath("monitors", { model: name })}>
              Monitors
            </a>
          )}
        </td>
      )}
    </tr>
  );
}
