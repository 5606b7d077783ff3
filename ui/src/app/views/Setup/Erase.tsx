import { useState } from "preact/hooks";
import { plural } from "../../../format.ts";
import type { Report } from "../../api.ts";
import { ask } from "../../client.ts";
import { Field, listOf, TextField, useAct, Wrong } from "./forms.tsx";

/** Erasing what is kept of a person: asked for, said back in words, and only then done. */
export function Erase({ model }: { model: string }) {
  const [column, setColumn] = useState("");
  const [text, setText] = useState("");
  const [asked, askFor] = useState(false);
  const [report, tell] = useState<Report | null>(null);
  const act = useAct();
  const values = listOf(text);
  const whom = column.trim() ? `${plural(values.length, "value")} of ${column.trim()}` : plural(values.length, "id");
  const erase = async () => {
    askFor(false);
    const done = await act.run(async () => tell(await ask("POST /api/v1/models/{name}/erase", { path: { name: model }, body: { values, column: column.trim() } })));
    if (done) setText("");
  };
  return (
    <form
      class="steps"
      aria-label="Erase a person"
      onSubmit={(event) => {
        event.preventDefault();
        tell(null);
        askFor(true);
      }}
    >
      <h2>Erase a person</h2>
      <p class="note">Rows, labels, feedback and what samples hold of them, in the database and in its files. Backups that were made before are not touched.</p>
      <fieldset class="bare fields" disabled={asked || act.busy}>
        <TextField name="Column" value={column} change={setColumn} placeholder="id" hint="A feature or segment that names the person; empty: the ids of rows." />
        <Field name="Values" hint="Separated by commas or lines." wide>
          <textarea rows={2} value={text} required onInput={(event) => setText(event.currentTarget.value)} />
        </Field>
      </fieldset>
      {asked ? (
        <p class="actions" role="alertdialog" aria-label="Erase for good?">
          <strong>
            Erase what is kept of {whom} from <bdi>{model}</bdi>? This cannot be undone.
          </strong>
          <button type="button" class="button danger" onClick={() => void erase()}>
            Erase for good
          </button>
          <button type="button" class="button" onClick={() => askFor(false)} ref={(button) => button?.focus()}>
            Keep it
          </button>
        </p>
      ) : (
        <p class="actions">
          <button type="submit" class="button" disabled={act.busy || !values.length}>
            {act.busy ? "Erasing" : "Erase"}
          </button>
        </p>
      )}
      <p role="status">{report && erased(report)}</p>
      <Wrong failure={act.failure} />
    </form>
  );
}

function erased({ ids, predictions, labels, feedback, sampled }: Report): string {
  if (!predictions && !labels && !feedback && !sampled) return "Nothing was kept of them.";
  return `Erased: ${plural(predictions, "prediction")}, ${plural(labels, "label")}, ${feedback} of feedback and ${sampled} in samples, under ${plural(ids, "id")}.`;
}
