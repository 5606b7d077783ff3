import { useContext } from "preact/hooks";
import type { ColumnResult, Distribution as Shares, ReportRecord } from "../record.ts";
import { Distribution } from "../charts/Distribution.tsx";
import { between, capital, dated, declared, exists, number, pValue, plural, quantity, withInterval } from "../format.ts";
import { info, rowsWords, title, unitOf } from "../record-view.ts";
import { LinksContext } from "../links.ts";
import { Facts } from "./Facts.tsx";
import { distributionSheet } from "./sheets.ts";
import { Tools } from "./Tools.tsx";

interface Props {
  record: ReportRecord;
  column: ColumnResult;
}

/** Everything that is known of one column. */
export function ColumnDetail({ record, column }: Props) {
  const page = useContext(LinksContext).feature?.(column.name);
  return (
    <div class="detail">
      <section>
        <h4>
          Distribution of present values
          {page && (
            <a class="link over-time-link" href={page}>
              over time
            </a>
          )}
        </h4>
        {column.explained && <Drawn name={column.name} shares={column.explained} when={dated(column.explained_dates || record.explained)} />}
        {column.distribution ? (
          <Drawn name={column.name} shares={column.distribution} when={column.explained && "all current rows"} />
        ) : (
          <p class="note">{column.reason || "Nothing to draw."}</p>
        )}
      </section>
      <section>
        <h4>How this verdict was reached</h4>
        <Reached record={record} column={column} />
      </section>
      <section>
        <h4>Quality</h4>
        <Facts record={record} values={column.quality} reasons={column.quality_reasons} />
        <p class="note">{schemaWords(column)}</p>
      </section>
      <section>
        <h4>Every drift metric</h4>
        <DriftTable record={record} column={column} />
      </section>
    </div>
  );
}

/** Both sides with their numbers; `when`: which rows the current side is of, where that must be said. */
function Drawn({ name, shares, when }: { name: string; shares: Shares; when?: string | null }) {
  return (
    <div class="drawn-side">
      <Distribution shares={shares} height={180} readable noted />
      <div class="under">
        <Key />
        {when && <span class="note">{when}</span>}
        <Tools sheet={distributionSheet(name, shares)} />
      </div>
    </div>
  );
}

/** What grey and blue mean, as marks and words. */
export function Key() {
  return (
    <p class="key">
      <span class="key-reference" aria-hidden="true" /> reference <span class="key-current" aria-hidden="true" /> current
    </p>
  );
}

function schemaWords(column: ColumnResult): string {
  const types =
    column.physical_current && column.physical_current !== column.physical
      ? `${column.physical ?? "absent"} in the reference, ${column.physical_current} in the current table`
      : (column.physical ?? "type unknown");
  return `${types} · ${column.why || `${column.kind} ${column.role}`}`;
}

function Reached({ record, column }: Props) {
  const inflation = column.noise_inflation;
  return (
    <>
      <p>{capital(column.reason)}</p>
      {column.votes.length > 0 && (
        <div class="scroll">
          <table>
            <thead>
              <tr>
                <th>Vote</th>
                <th class="n">Effect</th>
                <th class="n">Floor</th>
                <th class="n">p</th>
                <th class="minor">Large enough</th>
              </tr>
            </thead>
            <tbody>
              {column.votes.map(({ statistic, effect, p_value, beyond_floor }) => (
                <tr class={statistic === column.decided_by ? "decisive" : ""} title={rowsWords(record.reference.rows, record.current.rows, exists(effect.low))}>
                  <th scope="row" title={info(record, statistic)?.summary}>
                    {title(record, statistic)}
                    {statistic === column.decided_by && <span class="note"> decided</span>}
                  </th>
                  <td class="n">{withInterval(effect.value, effect.low, effect.high, effect.unit)}</td>
                  <td class="n">{declared(effect.floor, effect.unit)}</td>
                  <td class="n">{pValue(p_value)}</td>
                  <td class="minor">{effect.floor == null ? "no floor" : beyond_floor ? "yes" : "no"}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <p class="note">
        {exists(column.p_value) &&
          `The votes together: p ${pValue(column.p_value)}, corrected for ${plural(record.channels, "channel")}: ${pValue(column.p_value_adjusted)}. `}
        An alert needs less than {declared(record.false_alarm_rate)} and an effect beyond its floor.
        {exists(column.detectable) && ` At these sizes a shift of ${number(column.detectable)} is found with 80 % power.`}
        {exists(inflation) && inflation > 1.05 && ` Rows are not independent: ${number(inflation)} of them carry what one would.`}
      </p>
    </>
  );
}

function DriftTable({ record, column }: Props) {
  const entries = Object.entries(column.drift);
  if (!entries.length) return <p class="note">{column.reason || "Not compared."}</p>;
  return (
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th>Metric</th>
            <th class="n">Value</th>
            <th class="n">95 % interval</th>
            <th class="n">p</th>
            <th class="n minor">Bin error</th>
          </tr>
        </thead>
        <tbody>
          {entries.map(([key, drift]) => (
            <tr title={rowsWords(record.reference.rows, record.current.rows, false)}>
              <th scope="row" title={info(record, key)?.summary}>
                {title(record, key)}
              </th>
              {exists(drift.value) ? (
                <>
                  <td class="n">{quantity(drift.value, unitOf(record, key))}</td>
                  <td class="n">{exists(drift.low) && exists(drift.high) ? between(drift.low, drift.high, unitOf(record, key)) : ""}</td>
                  <td class="n">{exists(drift.p_value) ? pValue(drift.p_value) : ""}</td>
                  <td class="n minor">{drift.bin_error ? `≤ ${number(drift.bin_error)}` : drift.bin_error === 0 ? "exact" : ""}</td>
                </>
              ) : (
                <td colSpan={4} class="note">
                  {drift.reason ?? "no value"}
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
