import { useState } from "preact/hooks";
import type { NewChannel, Routing, ShownChannel, ShownKind } from "../../api.ts";
import { ask } from "../../client.ts";
import { ZONE } from "../../times.tsx";
import { Choice, Field, listOf, TextField, useAct, Wrong } from "./forms.tsx";
import { beginning, SchemaForm, type Values } from "./SchemaForm.tsx";

const TIERS = [
  ["alert", "alerts"],
  ["alert,warning", "alerts and warnings"],
  ["", "nothing but the digest"],
] as const;

const DIGESTS = [
  ["", "none"],
  ["0", "on Mondays at 9"],
  ["4", "on Fridays at 9"],
] as const;

/** A channel by its kind: where it goes, and what is told there. `done` gets a secret that was made, or "". */
export function ChannelForm({ kinds, channel, done }: { kinds: readonly ShownKind[]; channel: ShownChannel | null; done(secret: string): void }) {
  const [kind, setKind] = useState(channel?.kind ?? kinds[0]!.key);
  const known = kinds.find(({ key }) => key === kind) ?? kinds[0]!;
  const [name, setName] = useState(channel?.name ?? "");
  const [settings, setSettings] = useState<Values>(channel?.settings ?? beginning(known.settings));
  const [secret, setSecret] = useState(channel?.secret ?? "");
  const [routing, setRouting] = useState<Routing>(channel?.routing ?? {});
  const act = useAct();
  const save = async () => {
    const body: NewChannel = { name, kind, settings, secret: secret || null, routing };
    let made = "";
    const well = await act.run(async () => {
      if (channel) await ask("PUT /api/v1/channels/{number}", { path: { number: channel.id }, body });
      else made = (await ask("POST /api/v1/channels", { body })).secret;
    });
    if (well) done(made);
  };
  return (
    <form
      class="steps"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <h2>{channel ? `Change ${channel.name}` : "A new channel"}</h2>
      <div class="fields">
        <Choice
          name="Kind"
          value={kind}
          of={kinds.map(({ key, title }) => [key, title] as const)}
          disabled={channel !== null}
          change={(next) => {
            setKind(next);
            setSettings(beginning(kinds.find(({ key }) => key === next)!.settings));
          }}
        />
        <TextField name="Name" value={name} change={setName} required />
      </div>
      <div class="fields" key={kind}>
        <SchemaForm schema={known.settings} values={settings} change={setSettings} />
        {known.secret && (
          <TextField
            name="Secret"
            type="password"
            complete="new-password"
            value={secret}
            change={setSecret}
            required={known.needs_secret}
            hint={`${known.secret}. env:NAME reads it from the server's environment${known.makes_secret ? "; empty: one is made" : ""}.`}
          />
        )}
      </div>
      <h3>What is told there</h3>
      <RoutingFields routing={routing} change={setRouting} />
      <Wrong failure={act.failure} />
      <p class="actions">
        <button type="submit" class="button primary" disabled={act.busy}>
          {channel ? "Change" : "Add"}
        </button>
        <button type="button" class="link" onClick={() => done("")}>
          Cancel
        </button>
      </p>
    </form>
  );
}

function RoutingFields({ routing, change }: { routing: Routing; change(routing: Routing): void }) {
  const { models = ["*"], tiers = ["alert"], after_minutes = 0, quiet, digest } = routing;
  const setQuiet = (part: "begins" | "ends", value: string) => {
    const next = { begins: "22:00", ends: "07:00", zone: ZONE, ...quiet, [part]: value };
    change({ ...routing, quiet: value ? next : null });
  };
  return (
    <div class="fields">
      <Choice name="What" value={tiers.join(",")} of={TIERS} change={(value) => change({ ...routing, tiers: listOf(value) as Routing["tiers"] })} />
      <Field name="Models" hint="Names, or patterns such as credit-*.">
        <input type="text" defaultValue={models.join(", ")} onChange={(event) => change({ ...routing, models: listOf(event.currentTarget.value) })} />
      </Field>
      <TextField
        name="After minutes unanswered"
        type="number"
        min={0}
        max={10_080}
        value={String(after_minutes)}
        change={(value) => change({ ...routing, after_minutes: Number(value) })}
        hint="0: at once. Else it is the next in line."
      />
      <Field name="Quiet from" hint={`In ${quiet?.zone ?? ZONE}; empty: never.`}>
        <input type="time" value={quiet?.begins ?? ""} onChange={(event) => setQuiet("begins", event.currentTarget.value)} />
      </Field>
      <Field name="Quiet to">
        <input type="time" value={quiet?.ends ?? ""} onChange={(event) => setQuiet("ends", event.currentTarget.value)} />
      </Field>
      <Choice
        name="Weekly digest"
        value={digest ? String(digest.weekday ?? 0) : ""}
        of={digest && !DIGESTS.some(([day]) => day === String(digest.weekday ?? 0)) ? [...DIGESTS, [String(digest.weekday), "as it is"] as const] : DIGESTS}
        change={(day: string) => change({ ...routing, digest: day ? { ...digest, weekday: Number(day), zone: digest?.zone ?? ZONE } : null })}
      />
    </div>
  );
}
