import { useState } from "preact/hooks";
import type { Backtest as Tried, ModelOptions } from "../../api.ts";
import { ask } from "../../client.ts";
import { ofAny, useResource } from "../../resource.ts";
import { useQuery } from "../../router.ts";
import { settingsPath } from "../../routes.ts";
import { useViewer } from "../../session.ts";
import { Fetched } from "../../States.tsx";
import { Backtest } from "./Backtest.tsx";
import { Choice, useAct, Wrong } from "./forms.tsx";
import { MonitorForm } from "./MonitorForm.tsx";
import type { Options } from "./monitors.ts";
import { YamlView } from "./YamlView.tsx";

/** How a model is judged, tried on the past before it holds. */
export function Monitors() {
  const [chosen, choose] = useQuery("model");
  const models = useResource("monitored models", (signal) => ask("GET /api/v1/models", { signal }), ofAny);
  return (
    <Fetched of={models} what="list of models">
      {({ items }) => {
        const names = items.filter(({ baseline_at }) => baseline_at).map(({ name }) => name);
        const model = chosen || (names[0] ?? "");
        if (!names.length) {
          return (
            <p class="reason">
              No model has a baseline yet.{" "}
              <a class="link" href={settingsPath("models")}>
                Give one a baseline
              </a>
            </p>
          );
        }
        return (
          <>
            <Choice name="Model" value={model} of={names.map((name) => [name, name] as const)} change={choose} />
            <OfModel key={model} model={model} />
          </>
        );
      }}
    </Fetched>
  );
}

function OfModel({ model }: { model: string }) {
  const options = useResource(`options ${model}`, (signal) => ask("GET /api/v1/models/{name}/options", { path: { name: model }, signal }), () => false);
  return (
    <Fetched of={options} what="options of the model">
      {(found) => <Editor key={found.revision} model={model} found={found} again={options.again} />}
    </Fetched>
  );
}

function Editor({ model, found, again }: { model: string; found: ModelOptions; again(): void }) {
  const viewer = useViewer();
  const [options, setOptions] = useState<Options>(found.options);
  const [asText, setAsText] = useQuery("as");
  const [tried, setTried] = useState<{ options: Options; found: Tried } | null>(null);
  const look = useAct();
  const save = useAct();
  const changed = JSON.stringify(options) !== JSON.stringify(found.options);
  const path = { name: model };
  const attempt = () => look.run(async () => setTried({ options, found: await ask("POST /api/v1/models/{name}/backtest", { path, body: { options } }) }));
  const hold = () =>
    save.run(async () => {
      await ask("PUT /api/v1/models/{name}/options", { path, body: { options } });
      again();
    });
  const current = tried !== null && tried.options === options;
  return (
    <>
      <p class="choice" role="group" aria-label="How options are shown">
        {(["", "yaml"] as const).map((kind) => (
          <button type="button" class="quiet-button" aria-pressed={asText === kind} onClick={() => setAsText(kind)}>
            {kind === "yaml" ? "YAML" : "Form"}
          </button>
        ))}
      </p>
      {asText === "yaml" ? (
        <YamlView options={options} change={setOptions} reads={!viewer.writes} />
      ) : (
        <MonitorForm model={model} options={options} ofBaseline={found.of_baseline} change={setOptions} reads={!viewer.writes} />
      )}
      <p class="actions">
        <button type="button" class={`button${current ? "" : " primary"}`} disabled={look.busy} onClick={() => void attempt()}>
          {look.busy ? "Trying …" : "Try on the past"}
        </button>
        {viewer.writes && (
          <button type="button" class={`button${current ? " primary" : ""}`} disabled={!changed || save.busy} onClick={() => void hold()}>
            Switch on
          </button>
        )}
        {changed && viewer.writes && (
          <button type="button" class="link" onClick={() => setOptions(found.options)}>
            Back to what holds
          </button>
        )}
        <span class="note">{changed ? "Not switched on yet." : found.revision ? "This is what holds." : "Nothing is set: what the baseline was learned with holds."}</span>
      </p>
      <Wrong failure={look.failure} />
      <Wrong failure={save.failure} />
      {tried && <Backtest tried={tried.found} stale={!current} />}
    </>
  );
}
