// Numbers and words for people: three digits that matter, thin spaces in thousands, units said.

export const THIN = "\u202f";
const MINUS = "\u2212";
export const NONE = "–";

export type Maybe<T> = T | null | undefined;

export function exists(value: Maybe<number>): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

/** Four digits stand together, as years do. */
function grouped(text: string): string {
  const [whole = "", fraction] = text.split(".");
  const spaced = whole.length > 4 ? whole.replace(/\B(?=(\d{3})+$)/g, THIN) : whole;
  return fraction === undefined ? spaced : `${spaced}.${fraction}`;
}

/** With a fixed number of decimals. */
export function fixed(value: number, decimals: number): string {
  const text = grouped(Math.abs(value).toFixed(decimals));
  return value < 0 && /[1-9]/.test(text) ? MINUS + text : text;
}

/** Decimals that show `digits` significant digits of a value. */
export function decimals(value: number, digits = 3): number {
  if (value === 0) return 0;
  return Math.max(0, Math.min(12, digits - 1 - Math.floor(Math.log10(Math.abs(value)))));
}

function scientific(value: number, digits: number): string {
  const [mantissa = "", exponent = ""] = Math.abs(value).toExponential(digits - 1).split("e");
  const sign = value < 0 ? MINUS : "";
  return `${sign}${mantissa}e${exponent.replace("+", "").replace("-", MINUS)}`;
}

/** A pure number: three significant digits from 1 up (integers in full), three decimals or two digits below. */
export function number(value: Maybe<number>): string {
  if (!exists(value)) return NONE;
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-5 || size >= 1e7)) return scientific(value, 3);
  if (Number.isInteger(value)) return fixed(value, 0);
  if (size >= 1) return fixed(value, decimals(value));
  const text = fixed(value, Math.max(3, decimals(value, 2)));
  return text.replace(/(\.\d{3}\d*?)0+$/, "$1");
}

/** A share in percent. */
export function percent(share: Maybe<number>): string {
  if (!exists(share)) return NONE;
  const value = share * 100;
  if (value !== 0 && Math.abs(value) < 0.001) return `${number(value)}${THIN}%`;
  return `${fixed(value, Math.min(3, decimals(value)))}${THIN}%`;
}

/** A share in percent with one decimal, for lists that are read down. */
export function listed(share: Maybe<number>): string {
  if (!exists(share)) return NONE;
  if (share > 0 && share < 0.0005) return `<${THIN}0.1${THIN}%`;
  return `${fixed(share * 100, 1)}${THIN}%`;
}

/** A number that somebody chose, as short as it is. */
export function declared(value: Maybe<number>, unit?: Maybe<string>): string {
  if (!exists(value)) return NONE;
  if (unit === "share") return `${declared(value * 100)}${THIN}%`;
  const rounded = Number(value.toPrecision(6));
  const size = Math.abs(rounded);
  if (size !== 0 && (size < 1e-5 || size >= 1e9)) return scientific(rounded, 2);
  return fixed(rounded, shortest(rounded));
}

/** The mark of an axis whose marks lie `step` apart. */
export function tick(value: number, step: number): string {
  if (step >= 1e5 && Math.abs(value) >= 1e6) return `${declared(value / 1e6)}${THIN}M`;
  if (!(step > 0)) return number(value);
  if (step < 1e-5) return value === 0 ? "0" : scientific(value, 2);
  return fixed(value, shortest(Number(step.toPrecision(3))));
}

function shortest(value: number): number {
  return /e/.test(String(value)) ? 6 : (String(value).split(".")[1]?.length ?? 0);
}

/** A value in its unit: "share" is written in percent, "label" and "" are bare numbers. */
export function quantity(value: Maybe<number>, unit: Maybe<string>): string {
  if (!exists(value)) return NONE;
  if (unit === "share") return percent(value);
  if (unit === "yes or no") return value ? "yes" : "no";
  return number(value) + suffixOf(unit);
}

/** Units that say nothing beside the metric's name, or that only the data know. */
const UNSAID = /^(rows|values?|windows|label.*|yes or no)$/;

/** What is to be known of a unit that stands beside no number, because only the data know it; "": of none. */
export function unitWords(unit: Maybe<string>): string {
  if (unit === "label") return "in units of the prediction";
  return unit === "label squared" ? "in squared units of the prediction" : "";
}

/** " sd", " %": what follows a number. */
function suffixOf(unit: Maybe<string>): string {
  if (unit === "share") return `${THIN}%`;
  return unit && !UNSAID.test(unit) ? THIN + unit : "";
}

/** A p-value. */
export function pValue(p: Maybe<number>): string {
  if (!exists(p)) return NONE;
  if (p < 1e-12) return `<${THIN}1e${MINUS}12`;
  if (p < 1e-3) return scientific(p, 1);
  return p > 0.999 ? "1" : fixed(p, p < 0.1 ? 3 : 2);
}

/** `0.843 ±0.006`, or `0.168 (0.160 to 0.175)` when the interval leans to a side. */
export function withInterval(value: Maybe<number>, low: Maybe<number>, high: Maybe<number>, unit?: Maybe<string>): string {
  if (!exists(value)) return NONE;
  if (!exists(low) || !exists(high)) return quantity(value, unit);
  const scale = unit === "share" ? 100 : 1;
  const suffix = suffixOf(unit);
  const half = Number((((high - low) / 2) * scale).toPrecision(2));
  const places = intervalPlaces(value * scale, half, unit === "share" ? 1 : 3);
  const lean = Math.abs(high + low - 2 * value) * scale;
  const main = fixed(value * scale, places);
  if (lean <= 0.2 * half) return `${main} ±${fixed(half, places)}${suffix}`;
  return `${main}${suffix} (${between(low, high, unit, places)})`;
}

/** `0.160 to 0.175`. */
export function between(low: number, high: number, unit?: Maybe<string>, places?: number): string {
  const scale = unit === "share" ? 100 : 1;
  const shown = (value: number) => (places === undefined ? number(value * scale) : fixed(value * scale, places));
  return `${shown(low)} to ${shown(high)}${unit === "share" ? `${THIN}%` : ""}`;
}

/** Decimals that the interval supports, and at least as many as a number of that size is written with. */
function intervalPlaces(value: number, half: number, least: number): number {
  const supported = half > 0 ? Math.min(8, decimals(half, leadsWithOne(half) ? 2 : 1)) : decimals(value);
  return least === 3 && Math.abs(value) >= 1 ? supported : Math.max(supported, least);
}

function leadsWithOne(value: number): boolean {
  return value.toExponential(1) < "2";
}

/** A signed change. */
export function signed(value: Maybe<number>, unit?: Maybe<string>): string {
  if (!exists(value)) return NONE;
  const plus = value > 0 ? "+" : "";
  if (unit !== "share") return plus + quantity(value, unit);
  return `${plus}${number(value * 100)} points`;
}

/** `−0.123 to −0.093`, in the unit of the change: shares in points. */
export function changeBetween(low: number, high: number, unit: Maybe<string>): string {
  return unit === "share" ? `${between(low * 100, high * 100)} points` : between(low, high);
}

/** Words of a key in snake case. */
export function words(key: string): string {
  const text = key.replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${number(count)} ${count === 1 ? one : many}`;
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** An ISO instant as a date, in UTC: `3 Jun 2026`. */
export function day(instant: Maybe<string>): string {
  return instant ? dated(instant.slice(0, 10)) : NONE;
}

/** A text with its ISO dates written as others of the page are. */
export function dated(text: string): string {
  return text.replace(/\b(\d{4})-(\d\d)-(\d\d)\b/g, (iso, year: string, month: string, date: string) => {
    const name = MONTHS[Number(month) - 1];
    return name ? `${Number(date)} ${name} ${year}` : iso;
  });
}

/** A text that begins a sentence. */
export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
