// Options of a model as a form has them; what the form does not know stays as it is.
export type Options = Record<string, unknown>;

export const CONDITIONS = [
  ["above", "is above"],
  ["below", "is below"],
  ["rises_by", "rises by"],
  ["falls_by", "falls by"],
  ["changes_by", "changes by"],
] as const;

export type Condition = (typeof CONDITIONS)[number][0];

/** A declared monitor in a line of the form. */
export interface Line {
  metric: string;
  column: string;
  condition: Condition;
  limit: string;
  tier: string;
}

export const NEW: Line = { metric: "", column: "", condition: "above", limit: "", tier: "alert" };

/** The monitors that options declare, as lines. */
export function linesOf(options: Options): Line[] {
  const found = Array.isArray(options["monitors"]) ? (options["monitors"] as Options[]) : [];
  return found.map((one) => {
    const condition = CONDITIONS.find(([key]) => one[key] != null)?.[0] ?? "above";
    return { metric: text(one["metric"]), column: text(one["column"]), condition, limit: text(one[condition]), tier: text(one["tier"]) || "alert" };
  });
}

/** Options with a monitor as a line has it; parts that the form does not show stay. */
export function withLine(options: Options, at: number, line: Line): Options {
  const monitors = [...((options["monitors"] as Options[] | undefined) ?? [])];
  const kept = Object.entries(monitors[at] ?? {}).filter(([key]) => !["metric", "column", "tier", ...CONDITIONS.map(([name]) => name)].includes(key));
  monitors[at] = {
    metric: line.metric,
    ...(line.column && { column: line.column }),
    [line.condition]: limitOf(line.limit),
    ...(line.tier !== "alert" && { tier: line.tier }),
    ...Object.fromEntries(kept),
  };
  return { ...options, monitors };
}

export function withoutLine(options: Options, at: number): Options {
  const monitors = ((options["monitors"] as Options[] | undefined) ?? []).filter((_, i) => i !== at);
  return set(options, "monitors", monitors.length ? monitors : undefined);
}

/** Options with one of them set; undefined: without it. */
export function set(options: Options, name: string, value: unknown): Options {
  const { [name]: _, ...rest } = options;
  return value === undefined ? rest : { ...rest, [name]: value };
}

/** Options with a part of one of them set, as `floors.drift`; an empty text: without it. */
export function setPart(options: Options, name: string, part: string, value: string): Options {
  const before = (options[name] as Options | undefined) ?? {};
  const after = set(before, part, value.trim() === "" ? undefined : Number(value));
  return set(options, name, Object.keys(after).length ? after : undefined);
}

export function part(options: Options, name: string, key: string): string {
  return text((options[name] as Options | undefined)?.[key]);
}

/** `1/30d`, `0.5 per week` as alerts and days; null: said in another way, which the form leaves alone. */
export function budgetParts(budget: unknown): { alerts: string; days: string } | null {
  const [, alerts, number = "1", unit] = /^\s*([\d.]+)\s*(?:\/|per)\s*([\d.]+)?\s*(d|day|days|w|week|weeks)\s*$/.exec(text(budget)) ?? [];
  return alerts && unit ? { alerts, days: unit.startsWith("w") ? String(Number(number) * 7) : number } : null;
}

/** A limit as it was typed: a number where it is one. */
function limitOf(text: string): string | number {
  const trimmed = text.trim();
  return trimmed !== "" && Number.isFinite(Number(trimmed)) ? Number(trimmed) : trimmed;
}

const text = (value: unknown) => (value == null ? "" : String(value));
