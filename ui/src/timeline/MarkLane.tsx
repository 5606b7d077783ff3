import { useMemo } from "preact/hooks";
import { plural } from "../format.ts";
import { type Axis, percentOf } from "./axis.ts";
import { flagsOf, placed, type TimeMark } from "./marks.ts";
import { Fitting, Lane } from "./Plot.tsx";
import type { Scene } from "./scene.ts";

/** Versions, deploys and what else was told, where they happened. */
export function MarkLane({ scene, axis, marks }: { scene: Scene; axis: Axis; marks: readonly TimeMark[] }) {
  const { windows } = scene.timeline;
  const all = useMemo(() => placed(marks, windows), [marks, windows]);
  if (!all.length) return null;
  const count = all.reduce((sum, { marks }) => sum + marks.length, 0);
  return (
    <Lane
      kind="thin marks"
      label={
        <>
          <span class="lane-name">Events</span>
          <span class="reading" title="versions, deploys and what else was told in this time">{plural(count, "event")}</span>
        </>
      }
    >
      {flagsOf(all, axis).map(({ left, marks, words }) => {
        const told = marks.map(said).join("\n");
        return (
          <>
            <span class="mark-flag" style={{ left: percentOf(left) }} title={told} />
            <Fitting kind={`mark-name${words.left < left ? " before" : ""}`} span={words} title={told}>
              <span>{marks.map(({ name }) => name).join(", ")}</span>
            </Fitting>
          </>
        );
      })}
    </Lane>
  );
}

function said({ kind, name, text, at }: TimeMark): string {
  return [`${kind} ${name === kind ? "" : name}`.trim(), text, at].filter(Boolean).join(" · ");
}
