import { useState } from "preact/hooks";
import type { Policy } from "../../api.ts";
import { ask } from "../../client.ts";
import { useResource } from "../../resource.ts";
import { useViewer } from "../../session.ts";
import { Fetched } from "../../States.tsx";
import { Choice, Grid, TextField, useAct, Wrong } from "./forms.tsx";
import { ACTIONS, DETAILS, type Line, linesOf, MEANINGS, policyOf, wordsOf, wrongWith } from "./policy.ts";

/** What clients do with a model's fields before anything leaves their process. */
export function ClientPolicy({ model }: { model: string }) {
  const viewer = useViewer();
  const path = { name: model };
  const found = useResource(`policy ${model}`, (signal) => ask("GET /api/v1/models/{name}/policy", { path, signal }), () => false);
  return (
    <section class="steps" aria-label="What clients may send">
      <h2>
        What clients of <bdi>{model}</bdi> may send
      </h2>
      <p class="lead">
        Clients ask for this before they send the model's first row, and every five minutes. What their own program states comes first and stays. What came in before stays as it is.
      </p>
      <Fetched of={found} what="policy">
        {(policy) => (viewer.admin ? <PolicyForm model={model} found={policy} /> : <Stated lines={linesOf(policy)} />)}
      </Fetched>
    </section>
  );
}

const NONE = "Nothing is stated: clients send what their own program lets out.";

function Stated({ lines }: { lines: readonly Line[] }) {
  if (!lines.length) return <p class="reason">{NONE}</p>;
  return (
    <Grid label="What clients may send" head={["Field", "Before it is sent"]}>
      {lines.map((line) => (
        <tr key={line.field}>
          <th scope="row">
            <FieldName field={line.field} />
          </th>
          <td>{wordsOf(line)}</td>
        </tr>
      ))}
    </Grid>
  );
}

function FieldName({ field }: { field: string }) {
  return field === "*" ? <span>* (all features, segments and feedback that are not named)</span> : <bdi>{field}</bdi>;
}

function PolicyForm({ model, found }: { model: string; found: Policy }) {
  const [lines, setLines] = useState(() => linesOf(found));
  const [problem, setProblem] = useState("");
  const [kept, setKept] = useState(false);
  const act = useAct();
  const change = (next: Line[]) => {
    setLines(next);
    setKept(false);
  };
  const set = (at: number, part: Partial<Line>) => change(lines.map((line, i) => (i === at ? { ...line, ...part } : line)));
  const keep = async () => {
    const wrong = wrongWith(lines);
    setProblem(wrong);
    setKept(false);
    if (!wrong) setKept(await act.run(() => ask("PUT /api/v1/models/{name}/policy", { path: { name: model }, body: policyOf(lines) })));
  };
  return (
    <form
      class="steps"
      aria-label="What clients may send"
      onSubmit={(event) => {
        event.preventDefault();
        void keep();
      }}
    >
      {!lines.length && <p class="reason">{NONE}</p>}
      {lines.map((line, at) => {
        const detail = DETAILS[line.action];
        return (
          <fieldset class="bare fields" key={at}>
            <legend class="sr">{line.field || "A new field"}</legend>
            <TextField name="Field" value={line.field} placeholder="ssn, or *" change={(field) => set(at, { field })} />
            <Choice name="Before it is sent" value={line.action} of={ACTIONS} hint={MEANINGS[line.action]} change={(action) => set(at, { action, detail: "" })} />
            {detail && <TextField {...detail} value={line.detail} change={(text) => set(at, { detail: text })} />}
            <button type="button" class="link" onClick={() => change(lines.filter((_, i) => i !== at))}>
              Remove<span class="sr"> {line.field || "the new field"}</span>
            </button>
          </fieldset>
        );
      })}
      <p class="note">
        <code>*</code> stands for features, segments and feedback without a line of their own. An <code>id</code> can only be hashed, as labels find their predictions by it.{" "}
        <code>hash</code> needs a <code>secret</code> in each client: one without sends nothing of the model.
      </p>
      {problem && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      <Wrong failure={act.failure} />
      <p class="actions">
        <button type="button" class="button" onClick={() => change([...lines, { field: "", action: "drop", detail: "" }])}>
          Add a field
        </button>
        <button type="submit" class="button" disabled={act.busy}>
          Save what clients may send
        </button>
        {kept && <span role="status">Kept. Clients follow within five minutes.</span>}
      </p>
    </form>
  );
}
