// What every form is made of: a labelled field, something under way, what went wrong, and a question before what cannot be undone.
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Coded } from "../../../components/Coded.tsx";
import { capital } from "../../../format.ts";
import type { Failure } from "../../client.ts";
import { failureOf } from "../../resource.ts";

interface FieldProps {
  name: string;
  hint?: ComponentChildren;
  wide?: boolean;
  children: ComponentChildren;
}

/** A control with its name above and what helps below. */
export function Field({ name, hint, wide = false, children }: FieldProps) {
  return (
    <div class={`field${wide ? " wide-field" : ""}`}>
      <label>
        <span>{name}</span>
        {children}
      </label>
      {hint && <span class="note">{hint}</span>}
    </div>
  );
}

interface TextProps {
  name: string;
  value: string;
  change(value: string): void;
  hint?: ComponentChildren;
  type?: "text" | "number" | "password" | "date" | "datetime-local";
  placeholder?: string;
  required?: boolean;
  disabled?: boolean;
  complete?: string;
  min?: number;
  max?: number;
  step?: number | "any";
  list?: string;
  wide?: boolean;
}

export function TextField({ name, value, change, hint, wide, complete = "off", type = "text", ...rest }: TextProps) {
  // The types of inputs tell apart what a number and a text may have; what is not theirs is left out here.
  const given = { ...rest, type } as { type: "text" };
  return (
    <Field name={name} hint={hint} wide={wide}>
      <input value={value} autoComplete={complete} onInput={(event) => change(event.currentTarget.value)} {...given} />
    </Field>
  );
}

interface ChoiceProps<T extends string> {
  name: string;
  value: T;
  /** Values, with their words where they differ. */
  of: readonly (readonly [T, string])[];
  change(value: T): void;
  hint?: ComponentChildren;
  disabled?: boolean;
  /** The name is told to screen readers only: a column's head shows it. */
  bare?: boolean;
}

export function Choice<T extends string>({ name, value, of, change, hint, disabled, bare = false }: ChoiceProps<T>) {
  const select = (
    <select value={value} disabled={disabled} aria-label={bare ? name : undefined} onChange={(event) => change(event.currentTarget.value as T)}>
      {of.map(([key, words]) => (
        <option key={key} value={key}>
          {words}
        </option>
      ))}
    </select>
  );
  return bare ? (
    select
  ) : (
    <Field name={name} hint={hint}>
      {select}
    </Field>
  );
}

export interface Act {
  busy: boolean;
  failure: Failure | null;
  /** Runs something; what it throws is kept to be shown. True: it went well. */
  run(work: () => Promise<unknown>): Promise<boolean>;
}

/** Something that somebody does, one at a time. */
export function useAct(): Act {
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<Failure | null>(null);
  const run = async (work: () => Promise<unknown>) => {
    setBusy(true);
    setFailure(null);
    try {
      await work();
      return true;
    } catch (error) {
      setFailure(failureOf(error));
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { busy, failure, run };
}

/** What went wrong: what is the matter, what would do, and the next step. */
export function Wrong({ failure }: { failure: Failure | null }) {
  if (!failure) return null;
  const { what, where, found, accepted, next_step } = failure.problem;
  return (
    <p class="problem" role="alert">
      {what ? sentence(what) : failure.message} {where && <span class="note">({where})</span>} {found && `Found: ${found}.`} {accepted && `Accepted: ${accepted}.`} {next_step && <Coded text={next_step} />}
    </p>
  );
}

function sentence(text: string): string {
  return `${capital(text)}.`;
}

const DOUBT = 5_000;

/** Asks once more before it does what cannot be undone. */
export function Confirmed({ name, sure, act, disabled }: { name: string; sure: string; act(): void; disabled?: boolean }) {
  const [asked, ask] = useState(false);
  useEffect(() => {
    if (!asked) return;
    const timer = setTimeout(() => ask(false), DOUBT);
    return () => clearTimeout(timer);
  }, [asked]);
  return (
    <button
      type="button"
      class={asked ? "link danger" : "link"}
      disabled={disabled}
      onClick={() => {
        ask(!asked);
        if (asked) act();
      }}
    >
      {asked ? sure : name}
    </button>
  );
}

/** A secret that is shown this once, with a button that copies it. */
export function Once({ secret, what }: { secret: string; what: string }) {
  const [copied, setCopied] = useState(false);
  return (
    <div class="once" role="status">
      <p>
        <b>{what}</b> It is shown only now.
      </p>
      <p class="secret">
        <code>{secret}</code>
        <button type="button" class="button" onClick={() => void navigator.clipboard.writeText(secret).then(() => setCopied(true))}>
          {copied ? "Copied" : "Copy"}
        </button>
      </p>
    </div>
  );
}

interface GridProps {
  label: string;
  head: readonly string[];
  /** Heads above numbers. */
  numbers?: readonly string[];
  children: ComponentChildren;
}

/** Columns that still fit a phone side by side. */
const BESIDE = 3;

/** A table whose head is words; the last column may hold buttons. On a phone, a wide one stacks its cells, each behind the word of its head. */
export function Grid({ label, head, numbers = [], children }: GridProps) {
  const stacks = head.length > BESIDE;
  const heads = Object.fromEntries(head.map((name, at) => [`--head-${at + 1}`, JSON.stringify(name)]));
  return (
    <div class="scroll">
      <table class={stacks ? "grid-table stacks" : "grid-table"} style={stacks ? heads : undefined} aria-label={label}>
        <thead>
          <tr>
            {head.map((name) => (name ? <th class={numbers.includes(name) ? "n" : undefined}>{name}</th> : <td />))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}

/** The names in a text that commas or lines part. */
export function listOf(text: string): string[] {
  return text
    .split(/[,\n]/)
    .map((part) => part.trim())
    .filter(Boolean);
}
