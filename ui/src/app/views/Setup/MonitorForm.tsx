import { ask } from "../../client.ts";
import { useResource } from "../../resource.ts";
import { Choice, Grid, TextField } from "./forms.tsx";
import { BudgetFields, budgetOf } from "./Learning.tsx";
import { budgetParts, CONDITIONS, type Line, linesOf, NEW, type Options, part, set, setPart, withLine, withoutLine } from "./monitors.ts";

const FLOORS = [
  ["window", "of one window", "a distance, 0 to 1"],
  ["drift", "of all windows together", "a distance, 0 to 1"],
  ["share", "of a missing or new share", "0 to 1"],
  ["performance", "of performance", "loss: 0 to 1 for rates, a part of the reference's for errors"],
] as const;

const MEASURES = ["rows", "no_data", "freshness", "stuck", "model_age", "training_data_age", "label_age"];

const TIERS = [
  ["alert", "alert"],
  ["warning", "warning"],
] as const;

interface Props {
  model: string;
  options: Options;
  ofBaseline: Options;
  change(options: Options): void;
  reads: boolean;
}

/** The budget, the smallest effects that are worth an alert, and numbers with a limit of their own. */
export function MonitorForm({ model, options, ofBaseline, change, reads }: Props) {
  const record = useResource(`known metrics ${model}`, (signal) => ask("GET /api/v1/models/{name}/report", { path: { name: model }, signal }).catch(() => null), () => false).value;
  const usual = budgetParts(ofBaseline["budget"]) ?? { alerts: "1", days: "30" };
  const budget = budgetParts(options["budget"]) ?? usual;
  const lines = linesOf(options);
  return (
    <fieldset class="steps bare" disabled={reads}>
      <legend class="sr">Options of {model}</legend>
      <section>
        <h2>Budget</h2>
        <div class="fields">
          <BudgetFields alerts={budget.alerts} days={budget.days} change={(alerts, days) => change(set(options, "budget", budgetOf(alerts, days)))} />
        </div>
      </section>
      <section>
        <h2>Smallest effect that is worth an alert</h2>
        <div class="fields">
          {FLOORS.map(([key, name, hint]) => (
            <TextField
              name={name}
              type="number"
              min={0}
              step="any"
              value={part(options, "floors", key)}
              placeholder={part(ofBaseline, "floors", key) || DEFAULTS[key]}
              change={(value) => change(setPart(options, "floors", key, value))}
              hint={hint}
            />
          ))}
        </div>
      </section>
      <section>
        <h2>Numbers with a limit of their own</h2>
        <p class="note">They stand outside the budget: each alerts whenever its limit is broken.</p>
        {lines.length > 0 && (
          <Grid label="Declared monitors" head={["Metric", "Column", "Alerts when it", "Limit", "As", ""]}>
            {lines.map((line, at) => (
              <MonitorLine line={line} change={(next) => change(withLine(options, at, next))} remove={() => change(withoutLine(options, at))} />
            ))}
          </Grid>
        )}
        {!reads && (
          <button type="button" class="button" onClick={() => change(withLine(options, lines.length, NEW))}>
            Add a monitor
          </button>
        )}
      </section>
      <datalist id="metrics">
        {[...MEASURES, ...Object.keys(record?.metrics ?? {})].map((key) => (
          <option value={key}>{record?.metrics[key]?.title}</option>
        ))}
      </datalist>
      <datalist id="model-columns">
        {record?.columns.map(({ name }) => (
          <option value={name} />
        ))}
      </datalist>
    </fieldset>
  );
}

/** As `leadline.settings.Floors` has them. */
const DEFAULTS = { window: "0.02", drift: "0.05", share: "0.005", performance: "0.01" };

function MonitorLine({ line, change, remove }: { line: Line; change(line: Line): void; remove(): void }) {
  const input = (key: "metric" | "column" | "limit", label: string, list?: string, placeholder?: string) => (
    <input type="text" aria-label={label} list={list} placeholder={placeholder} value={line[key]} onInput={(event) => change({ ...line, [key]: event.currentTarget.value })} />
  );
  return (
    <tr>
      <td>{input("metric", "Metric", "metrics", "missing_share")}</td>
      <td>{input("column", "Column", "model-columns", "of the model")}</td>
      <td>
        <Choice bare name="Alerts when it" value={line.condition} of={CONDITIONS} change={(condition) => change({ ...line, condition })} />
      </td>
      <td>{input("limit", "Limit", undefined, "0.05, 5 %, 2h")}</td>
      <td>
        <Choice bare name="As" value={line.tier} of={TIERS} change={(tier) => change({ ...line, tier })} />
      </td>
      <td>
        <button type="button" class="link" onClick={remove}>
          Remove
        </button>
      </td>
    </tr>
  );
}
