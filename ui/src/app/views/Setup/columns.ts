// What somebody says of a file's columns, as options of learning.
import type { InferredColumn, Kind, Role } from "../../api.ts";

export interface Said {
  role: Role;
  kind: Kind;
}

/** Roles that one column has at most; scores of several classes share a beginning. */
export const SINGLE = ["label", "prediction", "timestamp", "label_timestamp", "id", "entity", "version", "weight"] as const satisfies readonly Role[];

export const ROLES: readonly (readonly [Role, string])[] = [
  ["feature", "feature"],
  ["segment", "feature and segment"],
  ["score", "score"],
  ["prediction", "prediction"],
  ["label", "label"],
  ["timestamp", "time of the prediction"],
  ["label_timestamp", "time of the label"],
  ["id", "id"],
  ["entity", "entity"],
  ["version", "version"],
  ["weight", "weight"],
  ["ignored", "ignored"],
];

export const KINDS: readonly (readonly [Kind, string])[] = (["numeric", "categorical", "boolean", "datetime", "text", "identifier", "vector"] as const).map((kind) => [kind, kind]);

/** Why columns cannot be read so; "": they can. */
export function problemOf(columns: readonly InferredColumn[], said: ReadonlyMap<string, Said>): string {
  for (const role of SINGLE) {
    const own = columns.filter(({ name }) => said.get(name)?.role === role);
    if (own.length > 1) return `Only one column can be the ${wordsOf(role)}; these are: ${own.map(({ name }) => name).join(", ")}.`;
  }
  const scores = columns.filter(({ name }) => said.get(name)?.role === "score").map(({ name }) => name);
  if (scores.length > 1 && !prefixOf(scores)) return "Scores of several classes are named alike: score_cat, score_dog.";
  if (!columns.some(({ name }) => isFeature(said.get(name)?.role))) return "No column is a feature.";
  return "";
}

/** Options that say all of it, so that nothing is inferred otherwise. */
export function optionsOf(columns: readonly InferredColumn[], said: ReadonlyMap<string, Said>): Record<string, unknown> {
  const named = (role: Role) => columns.filter(({ name }) => said.get(name)?.role === role).map(({ name }) => name);
  const options: Record<string, unknown> = {};
  for (const role of SINGLE) {
    const [name] = named(role);
    if (name !== undefined) options[role] = name;
  }
  const scores = named("score");
  if (scores.length) options["score"] = scores.length > 1 ? prefixOf(scores) : scores[0];
  options["features"] = columns.filter(({ name }) => isFeature(said.get(name)?.role)).map(({ name }) => name);
  for (const [option, role] of [["segment", "segment"], ["ignore", "ignored"]] as const) {
    const names = named(role);
    if (names.length) options[option] = names;
  }
  const kinds = columns.flatMap(({ name, kind }) => (said.get(name)!.kind === kind ? [] : [[name, said.get(name)!.kind]]));
  if (kinds.length) options["kinds"] = Object.fromEntries(kinds);
  return options;
}

const isFeature = (role: Role | undefined) => role === "feature" || role === "segment";
const wordsOf = (role: Role) => ROLES.find(([key]) => key === role)?.[1] ?? role;

/** `score` of `score_cat` and `score_dog`; "": they have no such beginning. */
function prefixOf(names: readonly string[]): string {
  const heads = new Set(names.map((name) => name.slice(0, Math.max(0, name.indexOf("_")))));
  return heads.size === 1 ? [...heads][0]! : "";
}
