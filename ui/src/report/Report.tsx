import { useRef, useState } from "preact/hooks";
import type { ReportRecord } from "../record.ts";
import { Fold } from "../components/Fold.tsx";
import { Shape } from "../components/Mark.tsx";
import { type Note, notesAround, Numbers } from "../components/Numbers.tsx";
import { plural } from "../format.ts";
import { moveRow, toggleRow, useKeys } from "../keyboard.ts";
import { sortColumns } from "../record-view.ts";
import { type Control, useView } from "../state.ts";
import { OverTime } from "../timeline/OverTime.tsx";
import { Causes } from "./Causes.tsx";
import { Changed } from "./Changed.tsx";
import { Concept } from "./Concept.tsx";
import { Detectors } from "./Detectors.tsx";
import { Help } from "./Help.tsx";
import { Method } from "./Method.tsx";
import { Monitors } from "./Monitors.tsx";
import { Performance } from "./Performance.tsx";
import { Quality } from "./Quality.tsx";
import { ColumnTable, ReasonTable } from "./Quiet.tsx";
import { Rules } from "./Rules.tsx";
import { Segments } from "./Segments.tsx";
import { Verdict } from "./Verdict.tsx";

/** The report of one check. */
export function Report({ record }: { record: ReportRecord }) {
  const control = useView();
  const [help, setHelp] = useState(false);
  const [notes, setNotes] = useState<Note[] | null>(null);
  const search = useRef<HTMLInputElement>(null);
  const { query, order } = control.view;
  // What the verdict follows from comes first.
  const columnsDecide = !record.timeline?.budget?.decides;
  useKeys({
    "/": () => search.current?.focus(),
    j: () => moveRow(1),
    k: () => moveRow(-1),
    e: toggleRow,
    s: () => control.sort(order === "harm" ? "name" : "harm"),
    i: () => setNotes(notesAround(document.activeElement)),
    "?": () => setHelp(!help),
    Escape: () => {
      control.search("");
      search.current?.blur();
      setHelp(false);
    },
  });
  return (
    <>
      <nav class="bar" aria-label="Report">
        <span class="brand">Leadline</span>
        <label class="search">
          <span class="sr">Search columns</span>
          <input ref={search} type="search" placeholder="Search columns  /" value={query} onInput={(event) => control.search(event.currentTarget.value)} />
        </label>
        <OrderButton control={control} />
        <button type="button" class="quiet-button" onClick={() => setHelp(true)}>
          Keys <kbd>?</kbd>
        </button>
      </nav>
      <main>
        <Verdict record={record} />
        {!query && <Why record={record} />}
        {columnsDecide && <ChangedColumns record={record} control={control} />}
        {record.timeline && !query && <OverTime record={record} timeline={record.timeline} control={control} />}
        {!columnsDecide && <ChangedColumns record={record} control={control} />}
        <Columns record={record} control={control} />
        {!query && <HowJudged record={record} control={control} />}
      </main>
      <Help open={help} close={() => setHelp(false)} />
      <Numbers notes={notes} close={() => setNotes(null)} />
    </>
  );
}

/** Why it alerts. */
export function Why({ record }: { record: ReportRecord }) {
  return (
    <>
      <Causes record={record} />
      <Concept record={record} />
    </>
  );
}

function OrderButton({ control }: { control: Control }) {
  const { order } = control.view;
  return (
    <button type="button" class="quiet-button" onClick={() => control.sort(order === "harm" ? "name" : "harm")}>
      Order: {order === "harm" ? "worst first" : "name"} <kbd>s</kbd>
    </button>
  );
}

/** The columns that changed. */
export function ChangedColumns({ record, control }: { record: ReportRecord; control: Control }) {
  const { query, order } = control.view;
  const { loud } = sortColumns(record.columns, query, order);
  return loud.length > 0 ? <Changed record={record} columns={loud} control={control} /> : null;
}

/** What did not change, and everything else that was measured, as tables. */
export function Columns({ record, control }: { record: ReportRecord; control: Control }) {
  const { query, order, open } = control.view;
  const { loud, unjudged, quiet, silent } = sortColumns(record.columns, query, order);
  const nothing = query && !(loud.length + unjudged.length + quiet.length + silent.length);
  return (
    <>
      {nothing && <p class="reason">No column matches “{query}”.</p>}
      {!query && <Performance record={record} control={control} />}
      {!query && <Quality record={record} control={control} />}
      {!query && <Segments record={record} control={control} />}
      {!query && <Rules record={record} />}
      {!query && <Monitors record={record} />}
      {!query && <Detectors record={record} />}
      {unjudged.length > 0 && (
        <Fold
          title={
            <>
              <Shape verdict="unknown" /> {plural(unjudged.length, "column")} not judged
            </>
          }
          open={open.has("unjudged") || Boolean(query)}
          toggle={() => control.toggle("unjudged")}
        >
          {() => <ReasonTable record={record} columns={unjudged} control={control} />}
        </Fold>
      )}
      {quiet.length > 0 && (
        <Fold title={`${plural(quiet.length, "column")} quiet`} open={open.has("quiet") || Boolean(query)} toggle={() => control.toggle("quiet")}>
          {() => <ColumnTable record={record} columns={quiet} control={control} />}
        </Fold>
      )}
      {silent.length > 0 && (
        <Fold title={`${plural(silent.length, "column")} whose values are not compared`} open={open.has("silent") || Boolean(query)} toggle={() => control.toggle("silent")}>
          {() => <ReasonTable record={record} columns={silent} control={control} />}
        </Fold>
      )}
    </>
  );
}

export function HowJudged({ record, control }: { record: ReportRecord; control: Control }) {
  return (
    <Fold title="How this was judged" open={control.view.open.has("method")} toggle={() => control.toggle("method")}>
      {() => <Method record={record} />}
    </Fold>
  );
}
