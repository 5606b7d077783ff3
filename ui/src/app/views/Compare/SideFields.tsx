import type { Parts } from "../../api.ts";
import { Choice, TextField } from "../Setup/forms.tsx";
import type { Side } from "./sides.ts";

/** What one side is made of: a version, a segment, some days, or several of them together. */
export function SideFields({ name, parts, side, change }: { name: "Reference" | "Current"; parts: Parts; side: Side; change(side: Side): void }) {
  const { versions, segments, start, end } = parts;
  const known = segments.flatMap(({ column, values }) => values.map((value) => `${column}=${value}`));
  const [first, last] = [start?.slice(0, 10), end?.slice(0, 10)];
  return (
    <fieldset class={`slice-side${name === "Current" ? " is-current" : ""}`}>
      <legend>
        <span class={`key-${name.toLowerCase()}`} aria-hidden="true" /> {name}
      </legend>
      <div class="fields">
        {versions.length + Number(Boolean(side.version)) > 0 && (
          <Choice name="Version" value={side.version} of={options("any", versions, side.version)} change={(version) => change({ ...side, version })} />
        )}
        {known.length + Number(Boolean(side.segment)) > 0 && (
          <Choice name="Segment" value={side.segment} of={options("all rows", known, side.segment)} change={(segment) => change({ ...side, segment })} />
        )}
        <TextField name="From" type="date" value={side.from} placeholder={first} change={(from) => change({ ...side, from })} />
        <TextField name="To, included" type="date" value={side.to} placeholder={last} change={(to) => change({ ...side, to })} />
      </div>
    </fieldset>
  );
}

/** The address may name what is not in the list. */
function options(none: string, known: readonly string[], chosen: string): [string, string][] {
  const all = chosen && !known.includes(chosen) ? [...known, chosen] : known;
  return [["", none], ...all.map((one): [string, string] => [one, one.replace("=", " = ")])];
}
