// The numbers behind each picture, as tables.
import type { Cell, Sheet } from "../csv.ts";
import type { MonitorResult } from "../record.ts";
import { peakOf } from "./heat.ts";
import type { Scene } from "./scene.ts";

/** Windows by what is known of each; the latest first. */
export function windowSheet({ timeline, clock }: Scene, monitors: readonly MonitorResult[]): Sheet {
  const { windows, performance } = timeline;
  const own = monitors.filter(({ values }) => values.length === windows.length);
  const head = ["window", "side", "start (UTC)", "end (UTC)", "rows", "verdict", "not judged because", "surprise"];
  for (const { title, estimated, kind } of performance) {
    const name = estimated ? `${title}, estimated` : kind === "best" ? `${title}, best known` : title;
    head.push(name, `${name}, low`, `${name}, high`, ...(estimated || kind === "best" ? [] : [`${title}, labelled share`]));
  }
  head.push(...own.map(({ name, unit }) => (unit ? `${name} (${unit})` : name)));
  const row = (i: number): Cell[] => {
    const { side, start, end, rows, verdict, reason, surprise } = windows[i]!;
    const values = performance.flatMap((series) => {
      const own = [series.values[i], series.low[i], series.high[i]];
      return series.estimated || series.kind === "best" ? own : [...own, series.labelled[i]];
    });
    return [clock.span(i), side, start, end, rows, verdict === "unknown" ? "" : verdict, reason, surprise, ...values, ...own.map(({ values }) => values[i])];
  };
  return { name: "windows", head, rows: () => windows.map((_, i) => row(windows.length - 1 - i)) };
}

/** Each alert's sources. */
export function alertSheet({ timeline }: Scene): Sheet {
  const start = (window: number | null | undefined) => (window == null ? null : timeline.windows[window]?.start);
  const head = ["tier", "opened (UTC)", "latest over (UTC)", "closed (UTC)", "source", "measured by", "effect", "unit", "surprise", "strongest (UTC)", "what happened"];
  const rows = () =>
    timeline.alerts.flatMap(({ tier, opened, last, closed, sources }) =>
      sources.map((each) => [
        tier, start(opened), start(last), start(closed),
        each.source, each.channel, each.effect, each.unit, each.surprise, start(each.window), each.sentence,
      ]),
    );
  return { name: "alerts", head, rows };
}

/** Columns by their largest cell. */
export function columnSheet({ timeline, clock, shading }: Scene): Sheet {
  const head = ["column", "tier", "largest surprise", "distance to the baseline", "in the window"];
  const rows = () =>
    timeline.heat.map((row) => {
      const peak = peakOf(row, shading, timeline);
      if (!peak) return [row.source, row.tier, null, null, null];
      return [row.source, row.tier, row.surprise[peak.window], row.effect[peak.window], clock.span(peak.window)];
    });
  return { name: "columns over time", head, rows };
}

/** Every cell of the heat map. */
export function cellSheet({ timeline }: Scene): Sheet {
  const head = ["column", "side", "start (UTC)", "surprise", "distance to the baseline"];
  const rows = () =>
    timeline.heat.flatMap((row) => timeline.windows.map(({ side, start }, i) => [row.source, side, start, row.surprise[i], row.effect[i]]));
  return { name: "columns over time", head, rows };
}
