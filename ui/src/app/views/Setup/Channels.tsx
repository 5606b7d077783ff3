import { useState } from "preact/hooks";
import type { Routing, ShownChannel, ShownKind, Tried } from "../../api.ts";
import { ask } from "../../client.ts";
import { useResource } from "../../resource.ts";
import { useViewer } from "../../session.ts";
import { Fetched } from "../../States.tsx";
import { Moment } from "../../times.tsx";
import { ChannelForm } from "./ChannelForm.tsx";
import { Confirmed, Grid, Once, useAct, Wrong } from "./forms.tsx";

const WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/** Where alerts are told, and whether it works. */
export function Channels() {
  const viewer = useViewer();
  const [edited, edit] = useState<ShownChannel | "new" | null>(null);
  const [secret, tell] = useState("");
  const channels = useResource("channels", (signal) => ask("GET /api/v1/channels", { signal }), ({ kind }) => kind === "alert");
  const kinds = useResource("kinds of channels", (signal) => ask("GET /api/v1/channels/kinds", { signal }), () => false);
  if (edited && kinds.value) {
    return (
      <ChannelForm
        kinds={kinds.value.items}
        channel={edited === "new" ? null : edited}
        done={(made) => {
          tell(made);
          edit(null);
          channels.again();
        }}
      />
    );
  }
  return (
    <>
      <p class="lead">An alert is told at once on every channel that wants it; warnings wait for the weekly digest.</p>
      {viewer.admin && (
        <p class="actions">
          <button type="button" class="button primary" disabled={!kinds.value} onClick={() => edit("new")}>
            Add a channel
          </button>
        </p>
      )}
      {secret && <Once secret={secret} what="The secret of this channel is made." />}
      <Fetched of={channels} what="list of channels">
        {({ items }) =>
          items.length ? (
            <Grid label="Channels" head={["Channel", "What is told", "Last taken", "State", ...(viewer.admin ? [""] : [])]}>
              {items.map((channel) => (
                <ChannelLine key={channel.id} channel={channel} kinds={kinds.value?.items ?? []} edit={() => edit(channel)} again={channels.again} />
              ))}
            </Grid>
          ) : (
            <p class="reason">No channel: alerts are seen on this page only.</p>
          )
        }
      </Fetched>
    </>
  );
}

function ChannelLine({ channel, kinds, edit, again }: { channel: ShownChannel; kinds: readonly ShownKind[]; edit(): void; again(): void }) {
  const viewer = useViewer();
  const act = useAct();
  const [tried, setTried] = useState<Tried | null>(null);
  const { id, name, kind, routing, undelivered, problem, delivered_at } = channel;
  const path = { number: id };
  const test = () => act.run(async () => setTried(await ask("POST /api/v1/channels/{number}/test", { path })));
  const remove = () => act.run(() => ask("DELETE /api/v1/channels/{number}", { path })).then(again);
  return (
    <tr>
      <th scope="row">
        <bdi>{name}</bdi>
        <span class="note"> {kinds.find(({ key }) => key === kind)?.title ?? kind}</span>
      </th>
      <td>{routingWords(routing)}</td>
      <td>{delivered_at ? <Moment at={delivered_at} /> : <span class="note">nothing yet</span>}</td>
      <td>
        {tried ? (
          <span role="status" class={tried.delivered ? "" : "problem"}>
            {tried.delivered ? "The test message was taken." : `The test message was not taken: ${tried.problem}`}
          </span>
        ) : undelivered ? (
          <span class="problem">
            {undelivered} waiting{problem && `: ${problem}`}
          </span>
        ) : (
          "in order"
        )}
        <Wrong failure={act.failure} />
      </td>
      {viewer.admin && (
        <td class="row-actions">
          <button type="button" class="link" disabled={act.busy} onClick={() => void test()}>
            {act.busy ? "Sending …" : "Test"}
          </button>
          <button type="button" class="link" onClick={edit}>
            Change
          </button>
          <Confirmed name="Remove" sure="Remove for good?" act={() => void remove()} />
        </td>
      )}
    </tr>
  );
}

function routingWords({ models = ["*"], tiers = ["alert"], after_minutes = 0, quiet, digest }: Routing): string {
  const which = models.join(", ") === "*" ? "of all models" : `of ${models.join(", ")}`;
  const parts = [`${tiers.map((tier) => `${tier}s`).join(" and ") || "nothing"} ${which}`];
  if (after_minutes) parts.push(`that nobody acknowledged for ${after_minutes} min`);
  if (quiet) parts.push(`quiet ${quiet.begins} to ${quiet.ends} (${quiet.zone ?? "UTC"})`);
  if (digest) parts.push(`digest ${WEEKDAYS[digest.weekday ?? 0]} ${digest.hour ?? 9}:00 (${digest.zone ?? "UTC"})`);
  return parts.join(" · ");
}
