import { useState } from "preact/hooks";
import type { MadeToken, NewToken, ShownToken } from "../../api.ts";
import { ask } from "../../client.ts";
import { useResource } from "../../resource.ts";
import { Fetched } from "../../States.tsx";
import { Moment } from "../../times.tsx";
import { Choice, Confirmed, Grid, listOf, Once, TextField, useAct, Wrong } from "./forms.tsx";

const SCOPES = [
  ["ingest", "ingest: sends"],
  ["read", "read: looks at all"],
  ["write", "write: also changes"],
  ["admin", "admin: everything"],
] as const;

const LENGTHS = [
  ["30", "30 days"],
  ["90", "90 days"],
  ["365", "a year"],
  ["", "never"],
] as const;

/** Tokens of programs: made, told once, revoked. */
export function Tokens() {
  const tokens = useResource("tokens", (signal) => ask("GET /api/v1/tokens", { signal }), () => false);
  const [made, tell] = useState<MadeToken | null>(null);
  return (
    <section class="steps">
      <h2>Tokens</h2>
      {made && <Once secret={made.token} what={`The token ${made.name} is made.`} />}
      <Fetched of={tokens} what="list of tokens">
        {({ items }) =>
          items.length ? (
            <Grid label="Tokens" head={["Name", "May", "Models", "Made", "Ends", "Last used", ""]}>
              {items.map((token) => (
                <TokenLine key={token.id} token={token} again={tokens.again} />
              ))}
            </Grid>
          ) : (
            <p class="reason">No token: nothing can send predictions yet.</p>
          )
        }
      </Fetched>
      <NewTokenForm
        made={(token) => {
          tell(token);
          tokens.again();
        }}
      />
    </section>
  );
}

function TokenLine({ token, again }: { token: ShownToken; again(): void }) {
  const act = useAct();
  const { id, name, scope, models, created_at, expires_at, used_at } = token;
  return (
    <tr>
      <th scope="row">
        <bdi>{name}</bdi>
      </th>
      <td>{scope}</td>
      <td>{models?.join(", ") ?? "all"}</td>
      <td>
        <Moment at={created_at} />
      </td>
      <td>{expires_at ? <Moment at={expires_at} /> : "never"}</td>
      <td>{used_at ? <Moment at={used_at} /> : <span class="note">never</span>}</td>
      <td class="row-actions">
        <Confirmed name="Revoke" sure={`Revoke ${name}?`} act={() => void act.run(() => ask("DELETE /api/v1/tokens/{number}", { path: { number: id } })).then(again)} />
        <Wrong failure={act.failure} />
      </td>
    </tr>
  );
}

function NewTokenForm({ made }: { made(token: MadeToken): void }) {
  const empty = { name: "", scope: "ingest" as NewToken["scope"], models: "", days: "365" };
  const [wanted, want] = useState(empty);
  const act = useAct();
  const make = async () => {
    const { name, scope, models, days } = wanted;
    const body: NewToken = { name, scope, models: scope === "admin" || !models.trim() ? null : listOf(models), days: days ? Number(days) : null };
    await act.run(async () => made(await ask("POST /api/v1/tokens", { body })));
    want(empty);
  };
  return (
    <form
      class="add-line"
      aria-label="Make a token"
      onSubmit={(event) => {
        event.preventDefault();
        void make();
      }}
    >
      <div class="fields">
        <TextField name="Name" value={wanted.name} change={(name) => want({ ...wanted, name })} required />
        <Choice name="May" value={wanted.scope} of={SCOPES} change={(scope) => want({ ...wanted, scope })} />
        <TextField name="Models" placeholder="all" value={wanted.models} disabled={wanted.scope === "admin"} change={(models) => want({ ...wanted, models })} hint="Names, separated by commas." />
        <Choice name="Ends after" value={wanted.days} of={LENGTHS} change={(days) => want({ ...wanted, days })} />
        <button type="submit" class="button" disabled={act.busy}>
          Make
        </button>
      </div>
      <Wrong failure={act.failure} />
    </form>
  );
}
