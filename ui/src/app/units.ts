// Amounts of what is measured of a service, in units for people.
import { exists, type Maybe, number, quantity, THIN } from "../format.ts";
import { duration } from "./times.tsx";

/** `16.3 ms`, `1.2 GB`, `40/h`, `2.5 d`. */
export function inUnit(value: Maybe<number>, unit: string): string {
  if (!exists(value)) return quantity(value, unit);
  if (unit === "bytes") return value >= 1e9 ? `${number(value / 1e9)}${THIN}GB` : `${number(value / 1e6)}${THIN}MB`;
  if (unit === "/h") return `${number(Math.round(value))}${unit}`;
  if (unit === "s") return duration(value);
  return quantity(value, unit);
}
