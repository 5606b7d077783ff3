import type { CauseResult, Timeline, VersionChange } from "../record.ts";
import { capital, plural } from "../format.ts";
import { CauseList } from "../report/Causes.tsx";

const CAUSES = 3;

/** Each version beside the baseline and the version before it, with the likely causes of what differs. */
export function Versions({ timeline }: { timeline: Timeline }) {
  return (
    <dl class="compared budget">
      {timeline.versions.map(({ version, window, baseline, before }) => (
        <>
          <dt>
            Version <bdi>{version}</bdi>
          </dt>
          <dd>
            <Difference change={baseline} other="the baseline" causes={baseline.causes} />
            {before && before.verdict !== "unknown" && (
              <Difference change={before} other={`version ${before.version}`} causes={untold(before, baseline)} />
            )}
            <p class="note">{plural(timeline.windows[window]?.rows ?? 0, "row")}</p>
          </dd>
        </>
      ))}
    </dl>
  );
}

function Difference({ change, other, causes }: { change: VersionChange; other: string; causes: CauseResult[] }) {
  return (
    <>
      <p>{differs(change, other)}</p>
      {causes.length > 0 && <CauseList causes={causes.slice(0, CAUSES)} />}
      {change.harm && <p class="note">{change.harm}</p>}
    </>
  );
}

/** The causes, where the likeliest one is not the baseline's. */
function untold({ causes }: VersionChange, baseline: VersionChange): CauseResult[] {
  const [first] = causes;
  const known = baseline.causes.some(({ key, columns }) => key === first?.key && columns.join() === first.columns.join());
  return known ? [] : causes;
}

function differs({ verdict, reason, sentence }: VersionChange, other: string): string {
  if (verdict === "unknown") return capital(reason);
  return sentence ? `Differs from ${other}: ${sentence}` : `As ${other}`;
}
