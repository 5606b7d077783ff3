import { Shape } from "../../../components/Mark.tsx";
import { Tools } from "../../../components/Tools.tsx";
import type { Sheet } from "../../../csv.ts";
import { declared, exists, plural } from "../../../format.ts";
import type { Backtest as Tried, Raised } from "../../api.ts";
import { Moment, momentWords, told } from "../../times.tsx";

/** What options would have raised: in a sentence, on a strip of time, and one by one. */
export function Backtest({ tried, stale }: { tried: Tried; stale: boolean }) {
  const { start, end, raised, windows, expected, reason } = tried;
  const alerts = raised.filter(({ tier }) => tier === "alert").length;
  return (
    <section class={`backtest${stale ? " stale" : ""}`} aria-label="Tried on the past">
      <h2>
        On the past: {plural(alerts, "alert")}
        {raised.length > alerts && ` and ${plural(raised.length - alerts, "warning")}`} in {plural(windows, "window")}
      </h2>
      <p class="note">
        {start && end && (
          <>
            <Moment at={start} /> to <Moment at={end} />.{" "}
          </>
        )}
        {exists(expected) && `The budget allows ${declared(Number(expected.toPrecision(2)))} false ones in that time. `}
        {reason && `The budget cannot be kept: ${reason}. `}
        {stale && "The options have changed since; try them again."}
      </p>
      {start && end && raised.length > 0 && (
        <>
          <Strip start={start} end={end} raised={raised} />
          <Tools sheet={sheetOf(raised)} />
        </>
      )}
      {raised.length > 0 ? (
        <ul class="raised" aria-label="Would have been raised">
          {worstFirst(raised).map((one) => (
            <li class={`raised-${one.tier}`}>
              <Shape verdict={one.tier === "warning" ? "warning" : "alert"} />
              <span>{told(one.sentence)}</span>
              <span class="note">{one.monitor === "windows" ? "by the budget" : one.monitor}</span>
              <span class="note">
                <Moment at={one.opened} />
                {one.over ? <>, over after {momentWords(one.last)}</> : ", still open"}
              </span>
            </li>
          ))}
        </ul>
      ) : (
        <p class="reason">It would have raised nothing.</p>
      )}
    </section>
  );
}

/** Alerts before warnings, the latest first. */
function worstFirst(raised: readonly Raised[]): Raised[] {
  const rank = ({ tier }: Raised) => (tier === "alert" ? 0 : 1);
  return [...raised].sort((a, b) => rank(a) - rank(b) || Date.parse(b.opened) - Date.parse(a.opened));
}

function sheetOf(raised: readonly Raised[]): Sheet {
  const head = ["tier", "opened (UTC)", "last over (UTC)", "is over", "raised by", "what happened"];
  return { name: "backtest", head, rows: () => raised.map((one) => [one.tier, one.opened, one.last, one.over ? "yes" : "no", one.monitor, one.sentence]) };
}

const LANE = 8;
/** A warning is thinner than an alert, so that they differ without their colours. */
const THIN_BAR = 3;

function Strip({ start, end, raised }: { start: string; end: string; raised: readonly Raised[] }) {
  const [first, last] = [Date.parse(start), Date.parse(end)];
  const at = (moment: string) => (100 * (Date.parse(moment) - first)) / Math.max(1, last - first);
  const lanes = lanesOf(raised);
  return (
    <figure class="strip">
      <svg viewBox={`0 0 100 ${LANE * (Math.max(...lanes) + 1)}`} preserveAspectRatio="none" style={{ height: `${LANE * (Math.max(...lanes) + 1)}px` }} role="img" aria-label={`${plural(raised.length, "alert")} over time`}>
        {raised.map((one, i) => (
          <rect class={one.tier} x={at(one.opened)} width={Math.max(0.4, at(one.last) - at(one.opened))} y={lanes[i]! * LANE + 1} height={one.tier === "warning" ? THIN_BAR : LANE - 2}>
            <title>{`${one.sentence} ${momentWords(one.opened)}`}</title>
          </rect>
        ))}
      </svg>
      <figcaption class="note">
        <span>{momentWords(start)}</span>
        <span>{momentWords(end)}</span>
      </figcaption>
    </figure>
  );
}

/** A lane for each, so that none lies on another. */
function lanesOf(raised: readonly Raised[]): number[] {
  const ends: string[] = [];
  return raised.map(({ opened, last }) => {
    const free = ends.findIndex((end) => end <= opened);
    const lane = free < 0 ? ends.length : free;
    ends[lane] = last;
    return lane;
  });
}
