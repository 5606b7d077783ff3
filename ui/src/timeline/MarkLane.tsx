import { useMemo } from "preact/hooks";
import { plural } from "../format.ts";
import { type Axis, percentOf, place } from "./axis.ts";
import { type PlacedMark, placed, type TimeMark } from "./marks.ts";
import { Lane } from "./Plot.tsx";
import type { Scene } from "./scene.ts";

/** Room that a name takes, as a part of the axis. */
const ROOM = 0.05;

/** Where on the axis a name has no room to its right. */
const LATE = 0.85;

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
      {named(all, axis).map(({ left, marks, names }) => (
        <span class={`mark-flag${left > LATE ? " late" : ""}`} style={{ left: percentOf(left) }} title={marks.map(words).join("\n")}>
          <span class="mark-name">{names}</span>
        </span>
      ))}
    </Lane>
  );
}

/** Each mark in view with its name, where there is room for it. */
function named(all: readonly PlacedMark[], axis: Axis) {
  let free = -1;
  return all.flatMap(({ window, marks }) => {
    const at = place(axis, window, window);
    if (!at) return [];
    const fits = at.left >= free;
    if (fits) free = at.left + ROOM * Math.max(1, marks.length);
    return [{ left: at.left, marks, names: fits ? marks.map(({ name }) => name).join(", ") : "" }];
  });
}

function words({ kind, name, text, at }: TimeMark): string {
  return [`${kind} ${name === kind ? "" : name}`.trim(), text, at].filter(Boolean).join(" · ");
}
