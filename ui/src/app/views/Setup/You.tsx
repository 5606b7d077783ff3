import { useState } from "preact/hooks";
import { ask, prove } from "../../client.ts";
import { useResource } from "../../resource.ts";
import { useViewer } from "../../session.ts";
import { Fetched } from "../../States.tsx";
import { Moment } from "../../times.tsx";
import { Grid, TextField, useAct, Wrong } from "./forms.tsx";

/** One's own browsers and password. */
export function You() {
  const viewer = useViewer();
  const sessions = useResource("sessions", (signal) => ask("GET /api/v1/sessions", { signal }), () => false);
  const act = useAct();
  const end = (id: number, own: boolean) =>
    act.run(() => ask("DELETE /api/v1/sessions/{number}", { path: { number: id } })).then(() => (own ? location.assign("/login") : sessions.again()));
  return (
    <>
      <section class="steps">
        <h2>
          Signed in as <bdi>{viewer.name}</bdi>
        </h2>
        <Fetched of={sessions} what="list of sessions">
          {({ items }) => (
            <Grid label="Sessions" head={["Who", "Browser", "From", "Since", "Last used", ""]}>
              {items.map(({ id, user, browser, address, opened_at, used_at, own }) => (
                <tr>
                  <td>
                    <bdi>{user}</bdi>
                  </td>
                  <td class="note">{browser}</td>
                  <td>{address}</td>
                  <td>
                    <Moment at={opened_at} />
                  </td>
                  <td>
                    <Moment at={used_at} />
                  </td>
                  <td class="row-actions">
                    <button type="button" class="link" disabled={act.busy} onClick={() => void end(id, own)}>
                      {own ? "Sign out" : "End"}
                    </button>
                  </td>
                </tr>
              ))}
            </Grid>
          )}
        </Fetched>
        <Wrong failure={act.failure} />
      </section>
      <PasswordForm />
    </>
  );
}

function PasswordForm() {
  const viewer = useViewer();
  const [old, setOld] = useState("");
  const [next, setNext] = useState("");
  const [done, setDone] = useState(false);
  const act = useAct();
  const change = async () => {
    setDone(false);
    const well = await act.run(async () => prove((await ask("POST /api/v1/session/password", { body: { old, new: next } })).csrf));
    if (!well) return;
    setDone(true);
    setOld("");
    setNext("");
  };
  return (
    <form
      class="steps"
      onSubmit={(event) => {
        event.preventDefault();
        void change();
      }}
    >
      <h2>Another password</h2>
      {/* Keepers of passwords ask whose it is. */}
      <input type="text" autoComplete="username" value={viewer.name} readOnly hidden />
      <div class="fields">
        <TextField name="Password now" type="password" complete="current-password" value={old} change={setOld} required />
        <TextField name="New password" type="password" complete="new-password" value={next} change={setNext} required />
        <button type="submit" class="button" disabled={act.busy}>
          Change
        </button>
      </div>
      {done && <p role="status">The password is changed. Your other browsers are signed out.</p>}
      <Wrong failure={act.failure} />
    </form>
  );
}
