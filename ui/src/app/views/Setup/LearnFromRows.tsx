import { useState } from "preact/hooks";
import { ask } from "../../client.ts";
import { dayOf, endOf, startOf } from "../../days.ts";
import { TextField, useAct, Wrong } from "./forms.tsx";
import { judgingOptions, JudgingFields, Progress, USUAL, useLearning } from "./Learning.tsx";

const DAY = 86_400_000;

/** A model that sends already: the days in which it did well become its baseline. */
export function LearnFromRows({ model, back }: { model: string; back(): void }) {
  const [from, setFrom] = useState(() => dayOf(new Date(Date.now() - 30 * DAY)));
  const [to, setTo] = useState(() => dayOf(new Date(Date.now() - DAY)));
  const [judging, setJudging] = useState(USUAL);
  const [started, setStarted] = useState(false);
  const begin = useAct();
  const state = useLearning(model, started);
  if (started) return <Progress model={model} state={state} />;
  return (
    <form
      class="steps"
      onSubmit={(event) => {
        event.preventDefault();
        void begin.run(async () => {
          await ask("POST /api/v1/models/{name}/learn", { path: { name: model }, body: { from: startOf(from), to: endOf(to), options: judgingOptions(judging) } });
          setStarted(true);
        });
      }}
    >
      <h2>
        A baseline from what <bdi>{model}</bdi> has sent
      </h2>
      <p>Choose days in which it did well. What came in these days is not judged; what comes after them is compared to them.</p>
      <div class="fields">
        <TextField name="From" type="date" value={from} change={setFrom} required />
        <TextField name="To, that day included" type="date" value={to} change={setTo} required />
      </div>
      <JudgingFields value={judging} change={setJudging} />
      <Wrong failure={begin.failure} />
      <p class="actions">
        <button type="submit" class="button primary" disabled={begin.busy}>
          Learn the baseline
        </button>
        <button type="button" class="link" onClick={back}>
          Cancel
        </button>
      </p>
    </form>
  );
}
