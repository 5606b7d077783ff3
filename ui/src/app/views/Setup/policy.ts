// A privacy policy as rows of a form, and back; plain functions.
import type { Policy } from "../../api.ts";
import { listOf } from "./forms.tsx";

export type Treatment = NonNullable<Policy["fields"]>[string];
export type Action = Treatment["action"];

/** What each action does to a field, in words. */
export const MEANINGS: Readonly<Record<Action, string>> = {
  drop: "it never leaves",
  hash: "a keyed hash of it",
  truncate: "its first characters",
  generalise: "a coarser value",
  redact: "texts without personal data",
};

export const ACTIONS = (Object.keys(MEANINGS) as Action[]).map((action) => [action, action] as const);

/** One field of the form; `detail` is the number, the unit or the kinds that its action goes by. */
export interface Line {
  field: string;
  action: Action;
  detail: string;
}

interface Detail {
  name: string;
  placeholder: string;
  hint: string;
  type?: "number";
  required?: boolean;
}

/** What an action has to know beside its name; undefined: nothing. */
export const DETAILS: Partial<Record<Action, Detail>> = {
  truncate: { name: "Characters", placeholder: "2", hint: "how many are kept", type: "number", required: true },
  generalise: { name: "To", placeholder: "10, or month", hint: "a step to round down to, or year, month, day, hour, network", required: true },
  redact: { name: "Kinds", placeholder: "all", hint: "all, or some of card, email, iban, ip, national_id, phone" },
};

/** The fields of a policy, in their order. */
export function linesOf({ fields = {} }: Policy): Line[] {
  return Object.entries(fields).map(([field, treatment]) => ({ field, action: treatment.action, detail: detailOf(treatment) }));
}

function detailOf(treatment: Treatment): string {
  switch (treatment.action) {
    case "truncate":
      return String(treatment.characters);
    case "generalise":
      return String(treatment.step ?? treatment.to ?? "");
    case "redact":
      return treatment.kinds?.join(", ") ?? "";
    default:
      return "";
  }
}

/** The policy that lines state; whether its values are accepted is the server's to say. */
export function policyOf(lines: readonly Line[]): Policy {
  return { fields: Object.fromEntries(lines.map((line) => [line.field.trim(), treatmentOf(line)])) };
}

function treatmentOf({ action, detail }: Line): Treatment {
  const text = detail.trim();
  switch (action) {
    case "truncate":
      return { action, characters: Number(text || Number.NaN) };
    case "generalise":
      return Number.isFinite(Number(text || Number.NaN)) ? { action, step: Number(text) } : { action, to: text as "day" };
    case "redact":
      return text ? { action, kinds: listOf(text) as ["email"] } : { action };
    default:
      return { action };
  }
}

/** What is wrong with lines before anything is sent; "": nothing. */
export function wrongWith(lines: readonly Line[]): string {
  const names = lines.map(({ field }) => field.trim());
  if (names.includes("")) return "Each line needs the name of a field, or * for all that are not named.";
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  return twice ? `${twice} is named twice: a field has one line.` : "";
}

/** A line in words, for those who may only read. */
export function wordsOf({ action, detail }: Line): string {
  if (action === "truncate") return `truncated to ${detail} characters`;
  if (action === "generalise") return Number.isFinite(Number(detail)) ? `rounded down to a multiple of ${detail}` : `cut to its ${detail}`;
  if (action === "redact") return detail ? `redacted: ${detail}` : "redacted: all kinds of personal data";
  return action === "drop" ? "dropped" : "hashed";
}
