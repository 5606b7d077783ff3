import type { ReportRecord } from "../record.ts";
import { number, quantity, withInterval } from "../format.ts";
import { info, rowsWords, title, unitOf } from "../record-view.ts";

type Value = number | string | boolean | null | undefined;

interface Props {
  record: ReportRecord;
  values: Record<string, Value>;
  reasons: Record<string, string>;
}

/** Quality values, the reference's beside the current one. */
export function Facts({ record, values, reasons }: Props) {
  const keys = [...new Set([...Object.keys(values), ...Object.keys(reasons)])].filter((key) => !besides(key, values));
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
              <tr title={rowsWords(record.reference.rows, record.current.rows, false)}>
                <th scope="row" title={info(record, key)?.summary}>
                  {title(record, key)}
                </th>
                {values[key] == null && reason ? (
                  <td colSpan={2} class="note">
                    {reason}
                  </td>
                ) : (
                  <>
                    <td class="n was">{shown(values, `${key}_reference`, unit)}</td>
                    <td class="n">{shown(values, key, unit)}</td>
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

/** What stands beside the value that it belongs to: the reference's, and the ends of an interval. */
function besides(key: string, values: Record<string, Value>): boolean {
  const value = key.replace(/_(low|high)$/, "");
  return key.endsWith("_reference") || (value !== key && value in values);
}

function shown(values: Record<string, Value>, key: string, unit: string): string {
  const [value, low, high] = [values[key], values[`${key}_low`], values[`${key}_high`]];
  if (value == null) return "";
  if (typeof value === "number" && typeof low === "number" && typeof high === "number") return withInterval(value, low, high, unit);
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "string") return value || "none";
  return unit ? quantity(value, unit) : number(value);
}
