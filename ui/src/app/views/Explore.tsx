import { useState } from "preact/hooks";
import { Key } from "../../components/ColumnDetail.tsx";
import { ColumnRow } from "../../components/ColumnRow.tsx";
import { number, percent, plural } from "../../format.ts";
import { LinksContext } from "../../links.ts";
import type { ReportRecord } from "../../record.ts";
import { effectLimit, sortColumns } from "../../record-view.ts";
import { PerformanceTable } from "../../report/Performance.tsx";
import { Crumbs } from "../Crumbs.tsx";
import type { Explored, Filter } from "../api.ts";
import { ask } from "../client.ts";
import { dayOf, endOf, startOf } from "../days.ts";
import { useResource } from "../resource.ts";
import { useQuery } from "../router.ts";
import { featurePath } from "../routes.ts";
import { Fetched } from "../States.tsx";
import { Moment } from "../times.tsx";
import { useTitle } from "../title.ts";
import { FilterBar } from "./Explore/FilterBar.tsx";
import { parseFilters } from "./Explore/filters.ts";
import { OverTime } from "./Explore/OverTime.tsx";
import { Rows } from "./Explore/Rows.tsx";
import { TextField } from "./Setup/forms.tsx";

const LIMIT = 100;

/** Any slice of a model's rows: how many, how the model does there, what is special of them, and the rows. */
export function Explore({ model }: { model: string }) {
  const [asked] = useQuery("filters");
  const [from, setFrom] = useQuery("from");
  const [to, setTo] = useQuery("to");
  const filters = parseFilters(asked);
  const body = { filters, from: (from && startOf(from)) || null, to: (to && endOf(to)) || null, limit: LIMIT };
  const found = useResource(
    `explore ${model} ${JSON.stringify(body)}`,
    (signal) => ask("POST /api/v1/models/{name}/explore", { path: { name: model }, body, signal }),
    () => false,
  );
  useTitle(`Explore · ${model} · Leadline`);
  return (
    <main class="model explore">
      <header class="model-head">
        <Crumbs model={model}>explore</Crumbs>
      </header>
      <div class="explore-bar">
        <FilterBar columns={found.value?.columns ?? []} filters={filters} />
        <div class="fields">
          <TextField name="From" type="date" value={from || (found.value ? dayOf(new Date(found.value.start)) : "")} change={setFrom} />
          <TextField name="To, included" type="date" value={to || (found.value ? dayOf(new Date(Date.parse(found.value.end) - 1)) : "")} change={setTo} />
        </div>
      </div>
      <Fetched of={found} what={found.failure?.status === 404 ? "model" : "slice"}>
        {(slice) => <Slice model={model} found={slice} filters={filters} />}
      </Fetched>
    </main>
  );
}

function Slice({ model, found, filters }: { model: string; found: Explored; filters: readonly Filter[] }) {
  const filtered = filters.length > 0;
  const { total, matched, start, end, record, reason } = found;
  return (
    <>
      <header class="said-head">
        <h1>
          {filtered ? `${plural(matched, "row")} of ${number(total)}` : plural(total, "row")}
          {filtered && total > 0 && <span class="muted"> ({percent(matched / total)})</span>}
        </h1>
        <p class="note">
          <Moment at={start} /> to <Moment at={end} />
        </p>
      </header>
      <OverTime found={found} filtered={filtered} />
      {record ? <Metrics model={model} record={record} filters={filters} /> : <p class="reason">Not compared: {reason}.</p>}
      <Rows found={found} />
    </>
  );
}

function Metrics({ model, record, filters }: { model: string; record: ReportRecord; filters: readonly Filter[] }) {
  const [all, showAll] = useState(false);
  const against = filters.length ? "all rows of that time" : "the baseline";
  const known = Object.entries(record.performance);
  const judged = known.filter(([, { floor }]) => floor != null);
  const shown = all || !judged.length ? known : judged;
  return (
    <LinksContext.Provider value={{ feature: (column: string) => featurePath(model, column) }}>
      <section aria-label="Performance">
        <div class="section-head">
          <h2>How the model does there</h2>
          <p class="note">current: the slice; reference: {against}</p>
          <Key />
        </div>
        {known.length ? (
          <PerformanceTable record={record} values={Object.fromEntries(shown)} />
        ) : (
          <p class="reason">{record.task.reason || "No performance was computed: there are no labels."}</p>
        )}
        {shown.length < known.length && (
          <button type="button" class="more" onClick={() => showAll(true)}>
            Show {plural(known.length - shown.length, "more metric")}
          </button>
        )}
      </section>
      <Different record={record} filters={filters} against={against} />
    </LinksContext.Provider>
  );
}

/** Columns that are distributed otherwise; those that the filters are about are so by choice. */
function Different({ record, filters, against }: { record: ReportRecord; filters: readonly Filter[]; against: string }) {
  const [open, setOpen] = useState("");
  const loud = sortColumns(record.columns, "", "harm").loud.filter(({ name }) => !filters.some(({ column }) => column === name));
  if (!loud.length) return <p class="reason">Every {filters.length ? "other " : ""}column is distributed as in {against}.</p>;
  return (
    <section aria-label="What is different">
      <div class="section-head">
        <h2>{filters.length ? "What else is different there" : "What is different there"}</h2>
        <p class="note">{plural(loud.length, "column")}, by more than chance and floors allow</p>
        <Key />
      </div>
      {loud.slice(0, MOST).map((column) => (
        <ColumnRow
          record={record}
          column={column}
          limit={effectLimit(loud, column.effect?.unit ?? "")}
          open={open === column.name}
          toggle={() => setOpen(open === column.name ? "" : column.name)}
        />
      ))}
    </section>
  );
}

/** Columns that are shown of those that differ. */
const MOST = 12;
