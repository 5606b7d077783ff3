import { useState } from "preact/hooks";
import { save } from "../../../save.ts";
import { fetchFile } from "../../client.ts";
import { Field, useAct, Wrong } from "./forms.tsx";

/** All that the server keeps, as a file to take away. */
export function Copies() {
  const [secret, setSecret] = useState(true);
  const [said, say] = useState("");
  const act = useAct();
  const take = (what: string, name: string, file: () => Promise<Blob>) => {
    say(`Writing the ${what}.`);
    void act.run(async () => save(await file(), name)).then((went) => say(went ? `${name} is on its way to your downloads.` : ""));
  };
  const day = new Date().toISOString().slice(0, 10);
  return (
    <section class="steps" aria-label="Copies of everything">
      <h2>Copies of everything</h2>
      <p class="note">A backup holds all rows and all secrets: keep it as safe as the server. <code>leadline restore</code> puts it back. The server goes on meanwhile.</p>
      <p class="actions">
        <button type="button" class="button" disabled={act.busy} onClick={() => take("backup", `leadline-${day}.backup`, () => fetchFile("POST /api/v1/backup"))}>
          Take a backup
        </button>
      </p>
      <p class="note">An export is for other programs: rows, counts and baselines as files, facts as JSON lines.</p>
      <div class="fields">
        <Field name="Private" hint="Leaves out rows, samples, extremes and rare values.">
          <span class="check">
            <input type="checkbox" checked={secret} onChange={(event) => setSecret(event.currentTarget.checked)} /> counts only
          </span>
        </Field>
        <button type="button" class="button" disabled={act.busy} onClick={() => take("export", `leadline-${day}.tar`, () => fetchFile("POST /api/v1/export", { query: { private: secret } }))}>
          Export
        </button>
      </div>
      <p role="status">{said}</p>
      <Wrong failure={act.failure} />
    </section>
  );
}
