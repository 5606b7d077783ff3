import type { Timeline, VersionChange } from "../record.ts";
import { plural } from "../format.ts";
import { capital } from "./words.ts";

/** Each version beside the baseline and the version before it. */
export function Versions({ timeline }: { timeline: Timeline }) {
  return (
    <dl class="compared budget">
      {timeline.versions.map(({ version, window, baseline, before }) => (
        <>
          <dt>
            Version <bdi>{version}</bdi>
          </dt>
          <dd>
            {differs(baseline, "the baseline")}
            {before && before.verdict !== "unknown" && <p>{differs(before, `version ${before.version}`)}</p>}
            <p class="note">{plural(timeline.windows[window]?.rows ?? 0, "row")}</p>
          </dd>
        </>
      ))}
    </dl>
  );
}

function differs({ verdict, reason, sentence }: VersionChange, other: string): string {
  if (verdict === "unknown") return capital(reason);
  return sentence ? `Differs from ${other}: ${sentence}` : `As ${other}`;
}
