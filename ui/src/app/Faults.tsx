import { useState } from "preact/hooks";
import type { ShownFault } from "./api.ts";
import { ask, type Failure } from "./client.ts";
import { failureOf, useResource } from "./resource.ts";
import { modelPath } from "./routes.ts";
import { Moment } from "./times.tsx";

/** The server says whether it is a demo. */
const DEMO = document.documentElement.hasAttribute("data-demo");

/** In a demo: what the visitor can let go wrong, and what is wrong now. Elsewhere nothing. */
export function Faults({ model }: { model?: string }) {
  const faults = useResource(
    DEMO ? "faults" : null,
    async (signal) => (await ask("GET /api/v1/demo/faults", { signal })).items,
    (change) => change.kind === "event",
  );
  const [failure, setFailure] = useState<Failure | null>(null);
  const shown = (faults.value ?? []).filter((fault) => !model || fault.model === model);
  if (!shown.length) return null;
  const turn = async ({ name, since }: ShownFault) => {
    setFailure(null);
    try {
      await ask(since ? "DELETE /api/v1/demo/faults/{name}" : "POST /api/v1/demo/faults/{name}", { path: { name } });
    } catch (error) {
      setFailure(failureOf(error));
    }
    faults.again();
  };
  return (
    <section class="faults" aria-label="Demo">
      <p class="note">
        <strong>Demo.</strong> Let something go wrong; the server does not know that you did.
      </p>
      <div class="fault-buttons">
        {shown.map((fault) => (
          <button type="button" class={`fault${fault.since ? " active" : ""}`} aria-pressed={Boolean(fault.since)} title={fault.description} onClick={() => void turn(fault)}>
            {fault.title}
            {!model && <span class="note"> {fault.model}</span>}
          </button>
        ))}
      </div>
      {shown
        .filter((fault) => fault.since)
        .map((fault) => (
          <p class="note fault-said">
            <strong>{fault.title}</strong> on{" "}
            <a class="link" href={modelPath(fault.model)}>
              {fault.model}
            </a>{" "}
            since <Moment at={fault.since!} />: {fault.description} {fault.expected === "alert" ? "An alert should follow." : "It does no harm, so no alert should follow."}
          </p>
        ))}
      {failure && (
        <p class="note" role="alert">
          {failure.message}
        </p>
      )}
    </section>
  );
}
