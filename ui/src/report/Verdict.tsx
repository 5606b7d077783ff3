import type { ReportRecord, Side } from "../record.ts";
import { day, declared, plural } from "../format.ts";
import { Mark } from "../components/Mark.tsx";

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
              <li>{line}</li>
            ))}
          </ul>
        )}
      </div>
      <dl class="compared">
        <Compared side={record.reference} word="Reference" />
        <Compared side={record.current} word="Current" />
        <dt>Promise</dt>
        <dd>
          at most {declared(record.false_alarm_rate * 100)} in 100 such checks of unchanged data raises an alert, over{" "}
          {plural(record.channels, "channel")}
        </dd>
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

function Compared({ side, word }: { side: Side; word: string }) {
  return (
    <>
      <dt class={word.toLowerCase()}>{word}</dt>
      <dd>
        <bdi>{side.name}</bdi>
        <p>
          {plural(side.rows, "row")}
          {side.start && (
            <span title={`${side.start} to ${side.end ?? ""} (UTC)`}>
              , <span class="keep">{day(side.start)}</span> to <span class="keep">{day(side.end)}</span>
            </span>
          )}
        </p>
      </dd>
    </>
  );
}
