import { useMemo } from "preact/hooks";
import { percent } from "../../format.ts";
import { LinksContext } from "../../links.ts";
import type { ReportRecord } from "../../record.ts";
import { ChangedColumns, Columns, HowJudged, Why } from "../../report/Report.tsx";
import { Verdict } from "../../report/Verdict.tsx";
import { Crumbs } from "../Crumbs.tsx";
import type { Parts } from "../api.ts";
import { ask } from "../client.ts";
import { ofModel, useResource } from "../resource.ts";
import { go, useAddress, useQueryView } from "../router.ts";
import { featurePath } from "../routes.ts";
import { Fetched } from "../States.tsx";
import { useTitle } from "../title.ts";
import { formatSide, parseSide, proposed, type Side, sliceOf, wordsOf } from "./Compare/sides.ts";
import { SideFields } from "./Compare/SideFields.tsx";

/** Two versions, two segments or two times of a model, side by side. */
export function Compare({ model }: { model: string }) {
  const parts = useResource(`parts ${model}`, (signal) => ask("GET /api/v1/models/{name}/parts", { path: { name: model }, signal }), () => false);
  useTitle(`Compare · ${model} · Leadline`);
  return (
    <main class="model compare">
      <header class="model-head">
        <Crumbs model={model}>compare</Crumbs>
      </header>
      <Fetched of={parts} what="model">
        {(found) => <Chosen model={model} parts={found} />}
      </Fetched>
    </main>
  );
}

function Chosen({ model, parts }: { model: string; parts: Parts }) {
  const { query } = useAddress();
  const asked = new URLSearchParams(query);
  const usual = proposed(parts);
  const [reference, current] = (["a", "b"] as const).map((key, i) => (asked.has(key) ? parseSide(asked.get(key)!) : usual[i]!)) as [Side, Side];
  const change = (a: Side, b: Side) => {
    asked.set("a", formatSide(a));
    asked.set("b", formatSide(b));
    go(`${location.pathname}?${asked}`, { replace: true });
  };
  const body = { reference: sliceOf(reference), current: sliceOf(current) };
  const record = useResource(
    `compare ${model} ${JSON.stringify(body)}`,
    (signal) => ask("POST /api/v1/models/{name}/compare", { path: { name: model }, body, signal }),
    (heard) => heard.kind === "judgement" && ofModel(model)(heard),
  );
  return (
    <>
      <form class="slice-sides" aria-label="What is compared" onSubmit={(event) => event.preventDefault()}>
        <SideFields name="Reference" parts={parts} side={reference} change={(side) => change(side, current)} />
        <button type="button" class="button swap" title="The reference becomes the current side, and the other way round" onClick={() => change(current, reference)}>
          Swap
        </button>
        <SideFields name="Current" parts={parts} side={current} change={(side) => change(reference, side)} />
      </form>
      <p class="against">
        <b>{sentenceCase(wordsOf(current))}</b> against <b>{wordsOf(reference)}</b>
      </p>
      <Fetched of={record} what="comparison">
        {(found) => <Compared model={model} record={found} />}
      </Fetched>
    </>
  );
}

function Compared({ model, record }: { model: string; record: ReportRecord }) {
  const control = useQueryView();
  const links = useMemo(() => ({ feature: (column: string) => featurePath(model, column) }), [model]);
  const caution = labelWords(record);
  return (
    <LinksContext.Provider value={links}>
      <Verdict record={record} />
      {caution && <p class="reason caution">{caution}</p>}
      {!control.view.query && <Why record={record} />}
      <ChangedColumns record={record} control={control} />
      <Columns record={record} control={control} />
      {!control.view.query && <HowJudged record={record} control={control} />}
    </LinksContext.Provider>
  );
}

const APART = 0.05;

/** Labels that come sooner for one class make a young side look better or worse than it is. */
function labelWords({ performance, reference, current }: ReportRecord): string {
  const labelled = Object.values(performance);
  const most = (key: "rows_reference" | "rows_current") => Math.max(0, ...labelled.map((value) => value[key]));
  const [before, now] = [most("rows_reference") / Math.max(1, reference.rows), most("rows_current") / Math.max(1, current.rows)];
  if (!labelled.length || Math.abs(before - now) < APART) return "";
  return `${percent(before)} of the reference's rows have labels, and ${percent(now)} of the current ones: early labels may not stand for all, so read the difference of performance with care.`;
}

function sentenceCase(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
