import { useState } from "preact/hooks";
import type { Filter, ShownColumn } from "../../api.ts";
import { useQuery } from "../../router.ts";
import { Choice, listOf, TextField } from "../Setup/forms.tsx";
import { formatFilters, wordsOf } from "./filters.ts";

/** The conditions of a slice, each of which can be taken away, and a way to add one. */
export function FilterBar({ columns, filters }: { columns: readonly ShownColumn[]; filters: readonly Filter[] }) {
  const [, setAsked] = useQuery("filters");
  const [adding, setAdding] = useState(false);
  const keep = (next: readonly Filter[]) => setAsked(formatFilters(next));
  return (
    <div class="filter-bar">
      <ul class="chips" aria-label="Filters">
        {filters.map((filter, at) => (
          <li>
            <span>{wordsOf(filter)}</span>
            <button type="button" class="quiet-button" aria-label={`Take away: ${wordsOf(filter)}`} onClick={() => keep(filters.filter((_, i) => i !== at))}>
              ×
            </button>
          </li>
        ))}
        {!adding && (
          <li class="bare">
            <button type="button" class="button" disabled={!columns.length} onClick={() => setAdding(true)}>
              Add a filter
            </button>
          </li>
        )}
      </ul>
      {adding && columns.length > 0 && (
        <NewFilter
          columns={columns.filter(({ hidden, kind }) => !hidden && kind !== "time")}
          add={(filter) => {
            if (filter) keep([...filters, filter]);
            setAdding(false);
          }}
        />
      )}
    </div>
  );
}

const OF_NUMBERS = [
  ["range", "is between"],
  ["values", "is one of"],
  ["missing", "is missing"],
  ["there", "is there"],
] as const;
type Test = (typeof OF_NUMBERS)[number][0];
const OF_OTHERS = OF_NUMBERS.filter(([key]) => key !== "range");

function NewFilter({ columns, add }: { columns: readonly ShownColumn[]; add(filter: Filter | null): void }) {
  const [name, setName] = useState(columns[0]?.name ?? "");
  const column = columns.find((one) => one.name === name);
  const tests = column?.kind === "number" ? OF_NUMBERS : OF_OTHERS;
  const [chosen, setTest] = useState<Test>(tests[0]![0]);
  const test = tests.some(([key]) => key === chosen) ? chosen : tests[0]![0];
  const [low, setLow] = useState("");
  const [high, setHigh] = useState("");
  const [values, setValues] = useState("");
  const made = (): Filter => {
    if (test === "range") return { column: name, min: low === "" ? null : Number(low), max: high === "" ? null : Number(high) };
    if (test === "values") return { column: name, values: listOf(values) };
    return { column: name, missing: test === "missing" };
  };
  return (
    <form
      class="fields new-filter"
      aria-label="A filter"
      onSubmit={(event) => {
        event.preventDefault();
        add(made());
      }}
    >
      <Choice name="Column" value={name} of={columns.map((one) => [one.name, one.name] as const)} change={setName} />
      <Choice name="Condition" value={test} of={tests} change={(next) => setTest(next)} />
      {test === "range" && <TextField name="At least" type="number" step="any" value={low} change={setLow} />}
      {test === "range" && <TextField name="At most" type="number" step="any" value={high} change={setHigh} />}
      {test === "values" && <TextField name="Values" value={values} change={setValues} list="known-values" required hint="Separated by commas." />}
      <datalist id="known-values">
        {column?.values.map((value) => (
          <option value={value} />
        ))}
      </datalist>
      <button type="submit" class="button primary">
        Filter
      </button>
      <button type="button" class="link" onClick={() => add(null)}>
        Cancel
      </button>
    </form>
  );
}
