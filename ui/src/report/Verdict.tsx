import type { ReportRecord, Side } from "../record.ts";
import { dated, day, declared, percent, plural } from "../format.ts";
import { Mark } from "../components/Mark.tsx";
import { rate } from "../timeline/words.ts";

/** The verdict in words, what follows from it, and what was compared. */
export function Verdict({ record }: { record: ReportRecord }) {
  return (
    <header class={`verdict ${record.verdict}`}>
      <div class="words">
        <Mark verdict={record.verdict} word={record.verdict === "ok" ? "All quiet" : undefined} />
        <h1>{record.headline}</h1>
        {record.summary.length > 0 && (
          <ul>
            {record.summary.map((line) => (
              <li>{dated(line)}</li>
            ))}
          </ul>
        )}
      </div>
      <dl class="compared">
        <Compared side={record.reference} word="Reference" />
        <Compared side={record.current} word="Current" />
        <dt>Promise</dt>
        <dd>{promise(record)}</dd>
        {record.assumptions.length > 0 && (
          <>
            <dt>Assumed</dt>
            <dd>
              {record.assumptions.map((line) => (
                <p>{line}</p>
              ))}
            </dd>
          </>
        )}
      </dl>
    </header>
  );
}

function promise({ timeline, false_alarm_rate, channels }: ReportRecord): string {
  if (timeline?.budget?.decides) return `on average at most ${rate(timeline.budget)}, over all columns and performance`;
  return `at most ${declared(false_alarm_rate * 100)} in 100 such checks of unchanged data raises an alert, over ${plural(channels, "channel")}`;
}

function Compared({ side, word }: { side: Side; word: string }) {
  return (
    <>
      <dt class={word.toLowerCase()}>{word}</dt>
      <dd>
        <bdi>{side.name}</bdi>
        <p>
          {plural(side.rows, "row")}
          {side.rows_left_out > 0 && `, ${plural(side.rows_left_out, "row")} left out for their weight`}
          {side.start && (
            <span title={`${side.start} to ${side.end ?? ""} (UTC)`}>
              , <span class="keep">{day(side.start)}</span> to <span class="keep">{day(side.end)}</span>
            </span>
          )}
        </p>
        {!isVersion(side) && <Versions rows={Object.entries(side.versions)} />}
      </dd>
    </>
  );
}

/** It is called after its only version. */
function isVersion({ name, versions }: Side): boolean {
  const [only, ...others] = Object.keys(versions);
  return !others.length && name === `version ${only}`;
}

const VERSIONS_SHOWN = 4;

function Versions({ rows }: { rows: [string, number][] }) {
  if (!rows.length) return null;
  // An object's keys that look like numbers lose their order.
  const largest = [...rows].sort(([, a], [, b]) => b - a);
  const total = rows.reduce((sum, [, own]) => sum + own, 0);
  const more = rows.length - VERSIONS_SHOWN;
  return (
    <p>
      {rows.length > 1 ? "versions " : "version "}
      {largest.slice(0, VERSIONS_SHOWN).map(([name, own], index) => (
        <>
          {index > 0 && ", "}
          <bdi>{name}</bdi>
          {rows.length > 1 && ` (${percent(own / total)})`}
        </>
      ))}
      {more > 0 && ` and ${more} more`}
    </p>
  );
}
