// A form made of a JSON schema: texts, numbers, truth values, choices and lists of texts.
import { number, words } from "../../../format.ts";
import { Choice, Field, listOf, TextField } from "./forms.tsx";

export type Values = Record<string, unknown>;

interface Schema {
  $ref?: string;
  $defs?: Record<string, Schema>;
  type?: string;
  enum?: string[];
  anyOf?: Schema[];
  items?: Schema;
  default?: unknown;
  properties?: Record<string, Schema>;
  required?: string[];
  minimum?: number;
  maximum?: number;
}

/** The object that a schema describes, wherever it stands in it. */
function objectOf(schema: Schema): Schema {
  const name = schema.$ref?.split("/").at(-1);
  return name ? (schema.$defs?.[name] ?? {}) : schema;
}

/** What a form begins with. */
export function beginning(schema: unknown): Values {
  const { properties = {} } = objectOf(schema as Schema);
  return Object.fromEntries(Object.entries(properties).flatMap(([name, part]) => (part.default == null ? [] : [[name, part.default]])));
}

export function SchemaForm({ schema, values, change }: { schema: unknown; values: Values; change(values: Values): void }) {
  const { properties = {}, required = [] } = objectOf(schema as Schema);
  const set = (name: string, value: unknown) => change({ ...values, [name]: value });
  return (
    <>
      {Object.entries(properties).map(([name, part]) => (
        <Part name={name} schema={part} value={values[name]} required={required.includes(name)} change={(value) => set(name, value)} />
      ))}
    </>
  );
}

function Part({ name, schema, value, required, change }: { name: string; schema: Schema; value: unknown; required: boolean; change(value: unknown): void }) {
  const kind = schema.anyOf?.find(({ type }) => type !== "null") ?? schema;
  const label = words(name);
  if (kind.enum) {
    return <Choice name={label} value={String(value ?? kind.enum[0])} of={kind.enum.map((one) => [one, one] as const)} change={change} />;
  }
  if (kind.type === "boolean") {
    return (
      <Field name={label}>
        <input type="checkbox" checked={value === true} onChange={(event) => change(event.currentTarget.checked)} />
      </Field>
    );
  }
  if (kind.type === "integer" || kind.type === "number") {
    const typed = (text: string) => change(text === "" ? undefined : Number(text));
    return <TextField name={label} type="number" value={value == null ? "" : String(value)} min={kind.minimum} max={kind.maximum} required={required} change={typed} hint={rangeWords(kind)} />;
  }
  if (kind.type === "array") return <Names name={label} value={value} required={required} change={change} />;
  return <TextField name={label} value={value == null ? "" : String(value)} required={required} change={change} />;
}

/** `1 to 65 535`; "" where any number will do. */
function rangeWords({ minimum, maximum }: Schema): string {
  if (minimum === undefined) return maximum === undefined ? "" : `at most ${number(maximum)}`;
  return maximum === undefined ? `at least ${number(minimum)}` : `${number(minimum)} to ${number(maximum)}`;
}

/** Several texts; what is typed stays as it is until it is read. */
function Names({ name, value, required, change }: { name: string; value: unknown; required: boolean; change(value: string[]): void }) {
  const shown = Array.isArray(value) ? value.join(", ") : "";
  return (
    <Field name={name} hint="Several are separated by commas." wide>
      <textarea key={name} rows={2} required={required} defaultValue={shown} onChange={(event) => change(listOf(event.currentTarget.value))} />
    </Field>
  );
}
