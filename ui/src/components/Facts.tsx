import type { ReportRecord } from "../record.ts";
import { number, quantity } from "../format.ts";
import { title, unitOf } from "../record-view.ts";

type Value = number | string | boolean | null | undefined;

interface Props {
  record: ReportRecord;
  values: Record<string, Value>;
  reasons: Record<string, string>;
}

/** Quality values, the reference's beside the current one. */
export function Facts({ record, values, reasons }: Props) {
  const keys = [...new Set([...Object.keys(values), ...Object.keys(reasons)])].filter((key) => !key.endsWith("_reference"));
  if (!keys.length) return <p class="note">Nothing was measured.</p>;
  return (
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th>Quality</th>
            <th class="n">Reference</th>
            <th class="n">Current</th>
          </tr>
        </thead>
        <tbody>
          {keys.map((key) => {
            const unit = unitOf(record, key);
            const reason = reasons[key];
            return (
              <tr>
                <th scope="row">{title(record, key)}</th>
                {values[key] == null && reason ? (
                  <td colSpan={2} class="note">
                    {reason}
                  </td>
                ) : (
                  <>
                    <td class="n was">{shown(values[`${key}_reference`], unit)}</td>
                    <td class="n">{shown(values[key], unit)}</td>
                  </>
                )}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

export function shown(value: Value, unit: string): string {
  if (value == null) return "";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "string") return value || "none";
  return unit ? quantity(value, unit) : number(value);
}
