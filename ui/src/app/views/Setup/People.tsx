import { useState } from "preact/hooks";
import type { NewUser, ShownUser } from "../../api.ts";
import { ask } from "../../client.ts";
import { useResource } from "../../resource.ts";
import { useViewer } from "../../session.ts";
import { Fetched } from "../../States.tsx";
import { Moment } from "../../times.tsx";
import { Choice, Confirmed, Grid, listOf, TextField, useAct, Wrong } from "./forms.tsx";
import { Tokens } from "./Tokens.tsx";

export const ROLES = [
  ["viewer", "viewer: reads"],
  ["editor", "editor: also changes"],
  ["admin", "admin: everything"],
] as const;

/** Who may sign in, and the tokens of programs. */
export function People() {
  const users = useResource("users", (signal) => ask("GET /api/v1/users", { signal }), () => false);
  return (
    <>
      <section class="steps">
        <h2>People</h2>
        <Fetched of={users} what="list of people">
          {({ items }) =>
            items.length ? (
              <Grid label="People" head={["Name", "Role", "Models", "Since", ""]}>
                {items.map((user) => (
                  <PersonLine key={user.id} user={user} again={users.again} />
                ))}
              </Grid>
            ) : (
              <p class="reason">Nobody signs in yet.</p>
            )
          }
        </Fetched>
        <NewPerson again={users.again} />
      </section>
      <Tokens />
    </>
  );
}

function PersonLine({ user, again }: { user: ShownUser; again(): void }) {
  const viewer = useViewer();
  const act = useAct();
  const path = { number: user.id };
  const change = (role: ShownUser["role"]) => act.run(() => ask("PUT /api/v1/users/{number}", { path, body: { role, models: role === "admin" ? null : user.models } })).then(again);
  return (
    <tr>
      <th scope="row">
        <bdi>{user.name}</bdi>
        {user.name === viewer.name && <span class="note"> you</span>}
      </th>
      <td>
        <Choice bare name={`Role of ${user.name}`} value={user.role} of={ROLES} change={(role) => void change(role)} />
        <Wrong failure={act.failure} />
      </td>
      <td>{user.models?.join(", ") ?? "all"}</td>
      <td>
        <Moment at={user.created_at} />
      </td>
      <td class="row-actions">
        <Confirmed name="Remove" sure={`Remove ${user.name}?`} act={() => void act.run(() => ask("DELETE /api/v1/users/{number}", { path })).then(again)} />
      </td>
    </tr>
  );
}

function NewPerson({ again }: { again(): void }) {
  const empty = { name: "", password: "", role: "viewer" as NewUser["role"], models: "" };
  const [wanted, want] = useState(empty);
  const act = useAct();
  const add = async () => {
    const { name, password, role, models } = wanted;
    const body: NewUser = { name, password, role, models: role === "admin" || !models.trim() ? null : listOf(models) };
    if (!(await act.run(() => ask("POST /api/v1/users", { body })))) return;
    want(empty);
    again();
  };
  return (
    <form
      class="add-line"
      aria-label="Add somebody"
      onSubmit={(event) => {
        event.preventDefault();
        void add();
      }}
    >
      <div class="fields">
        <TextField name="Name" value={wanted.name} change={(name) => want({ ...wanted, name })} required />
        <TextField name="First password" type="password" complete="new-password" value={wanted.password} change={(password) => want({ ...wanted, password })} required />
        <Choice name="Role" value={wanted.role} of={ROLES} change={(role) => want({ ...wanted, role })} />
        <TextField name="Models" placeholder="all" value={wanted.models} disabled={wanted.role === "admin"} change={(models) => want({ ...wanted, models })} hint="Names, separated by commas." />
        <button type="submit" class="button" disabled={act.busy}>
          Add
        </button>
      </div>
      <Wrong failure={act.failure} />
    </form>
  );
}
