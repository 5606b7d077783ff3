import { useState } from "preact/hooks";
import { plural } from "../../../format.ts";
import type { InferredColumn, Inspected } from "../../api.ts";
import { ask } from "../../client.ts";
import { utcWords } from "../../times.tsx";
import { type Said, KINDS, optionsOf, problemOf, ROLES } from "./columns.ts";
import { Choice, Field, Grid, TextField, useAct, Wrong } from "./forms.tsx";
import { judgingOptions, JudgingFields, Progress, USUAL, useLearning } from "./Learning.tsx";

const ACCEPTED = ".parquet,.csv,.tsv,.json,.jsonl,.ndjson,.arrow,.feather";

/** A reference is brought, its columns are confirmed, and the server learns the baseline. */
export function AddFromFile({ model, back }: { model: string; back(): void }) {
  const [name, setName] = useState(model);
  const [file, setFile] = useState<File | null>(null);
  const [found, setFound] = useState<Inspected | null>(null);
  const [said, setSaid] = useState<ReadonlyMap<string, Said>>(new Map());
  const [judging, setJudging] = useState(USUAL);
  const [started, setStarted] = useState(false);
  const look = useAct();
  const begin = useAct();
  const state = useLearning(name, started);

  const choose = async (chosen: File | null) => {
    setFile(chosen);
    setFound(null);
    if (!chosen) return;
    await look.run(async () => {
      const inspected = await ask("POST /api/v1/inspect", { query: { filename: chosen.name }, file: chosen });
      setFound(inspected);
      setSaid(new Map(inspected.columns.map(({ name, role, kind }) => [name, { role, kind }])));
      if (!name) setName(chosen.name.replace(/\..*$/, ""));
    });
  };
  const learn = () =>
    begin.run(async () => {
      const options = JSON.stringify({ ...optionsOf(found!.columns, said), ...judgingOptions(judging) });
      await ask("POST /api/v1/models/{name}/reference", { path: { name }, query: { filename: file!.name, options }, file: file! });
      setStarted(true);
    });

  if (started) {
    return (
      <>
        <Progress model={name} state={state} />
        {state?.state === "failed" && (
          <p class="actions">
            <button type="button" class="button" onClick={() => setStarted(false)}>
              Change what was said
            </button>
          </p>
        )}
      </>
    );
  }
  const problem = found ? problemOf(found.columns, said) : "";
  return (
    <form
      class="steps"
      onSubmit={(event) => {
        event.preventDefault();
        void learn();
      }}
    >
      <h2>{model ? `A new baseline for ${model}` : "A model from a file"}</h2>
      <div class="fields">
        <Field name="Reference" hint="Parquet, CSV, JSON lines or Arrow, up to 256 MB: predictions from a time in which the model did well, with labels if there are any." wide>
          <input type="file" accept={ACCEPTED} onChange={(event) => void choose(event.currentTarget.files?.[0] ?? null)} />
        </Field>
        {!model && <TextField name="Name of the model" value={name} change={setName} required hint="As it sends its predictions." />}
      </div>
      {look.busy && <p role="status">Looking at {file?.name} …</p>}
      <Wrong failure={look.failure} />
      {found && (
        <>
          <Columns found={found} said={said} say={setSaid} />
          <JudgingFields value={judging} change={setJudging} />
          {problem && (
            <p class="problem" role="alert">
              {problem}
            </p>
          )}
        </>
      )}
      <Wrong failure={begin.failure} />
      <p class="actions">
        <button type="submit" class="button primary" disabled={!found || Boolean(problem) || begin.busy}>
          {begin.busy ? "Sending the file …" : "Learn the baseline"}
        </button>
        <button type="button" class="link" onClick={back}>
          Cancel
        </button>
      </p>
    </form>
  );
}

function Columns({ found, said, say }: { found: Inspected; said: ReadonlyMap<string, Said>; say(said: ReadonlyMap<string, Said>): void }) {
  const change = (name: string, part: Partial<Said>) => say(new Map(said).set(name, { ...said.get(name)!, ...part }));
  return (
    <>
      <p>
        {plural(found.columns.length, "column")}
        {found.rows ? `, ${plural(found.rows, "row")}` : ""}. Is this what they are?
      </p>
      <Grid label="Columns" head={["Column", "What it is", "How it is read", "Why", "Some values"]}>
        {found.columns.map((column) => (
          <ColumnLine column={column} said={said.get(column.name)!} change={(part) => change(column.name, part)} />
        ))}
      </Grid>
    </>
  );
}

function ColumnLine({ column, said, change }: { column: InferredColumn; said: Said; change(part: Partial<Said>): void }) {
  const { name, why, examples } = column;
  return (
    <tr class={said.role === "ignored" ? "quiet-row" : ""}>
      <th scope="row">
        <bdi>{name}</bdi>
      </th>
      <td>
        <Choice bare name={`What ${name} is`} value={said.role} of={ROLES} change={(role) => change({ role })} />
      </td>
      <td>
        <Choice bare name={`How ${name} is read`} value={said.kind} of={KINDS} change={(kind) => change({ kind })} />
      </td>
      <td class="note">{why}</td>
      <td class="note examples">{(column.kind === "datetime" ? examples.map((value) => utcWords(value) || value) : examples).join(" · ")}</td>
    </tr>
  );
}
