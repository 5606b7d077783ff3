import { useMemo } from "preact/hooks";
import { exists, number, percent } from "../format.ts";
import type { Axis } from "./axis.ts";
import { levelOf } from "./heat.ts";
import { barPath } from "./lines.ts";
import { Lane, Runs } from "./Plot.tsx";
import { labelledOf, type Scene } from "./scene.ts";
import { windowWords } from "./words.ts";

interface Props {
  scene: Scene;
  axis: Axis;
  at: number | null;
}

/** How much of each window has labels. */
export function Labels({ scene, axis, at }: Props) {
  const labelled = useMemo(() => labelledOf(scene), [scene]);
  const content = useMemo(
    () => new Map(scene.runs.map((run) => [run, <path class="bars" d={barPath(labelled, run.first, run.last, 1)} />])),
    [scene, labelled],
  );
  if (!labelled.some(exists)) return null;
  const window = at ?? labelled.findLastIndex(exists);
  const value = labelled[window];
  const mature = scene.timeline.labels?.maturity[window];
  return (
    <Lane
      kind="thin"
      label={
        <>
          <span class="lane-name">Labels</span>
          <span class="reading" title={`${windowWords(scene, window)}, ${percent(value)} of them with a label`}>
            {exists(mature) ? `${percent(mature)} of expected` : exists(value) ? percent(value) : <span class="muted">unknown</span>}
          </span>
        </>
      }
    >
      <Runs axis={axis} content={content} />
    </Lane>
  );
}

/** The largest surprise of each window against the two thresholds. */
export function Surprise({ scene, axis, at }: Props) {
  const { timeline, shading } = scene;
  const { budget, windows } = timeline;
  const { content, lines } = useMemo(() => drawnSurprise(scene), [scene]);
  if (!exists(budget?.threshold)) return null;
  const window = at ?? windows.findLastIndex((each) => exists(each.surprise));
  const value = windows[window]?.surprise;
  return (
    <Lane
      kind="surprise"
      label={
        <>
          <span class="lane-name">Largest surprise</span>
          <span class="reading" title={`Minus the logarithm of how rare such a window is in the reference.\n${windowWords(scene, window)}`}>
            {exists(value) ? <strong>{number(value)}</strong> : <span class="muted">{windows[window]?.reason || "not judged"}</span>}
            {exists(value) && levelOf(shading, value) > 0 && ` of ${number(budget.threshold)}`}
          </span>
        </>
      }
    >
      <Runs axis={axis} content={content} />
      {lines.map(({ tier, top }) => (
        <span class={`threshold ${tier}`} style={{ top: `${top}%` }}>
          <span>{tier}</span>
        </span>
      ))}
    </Lane>
  );
}

function drawnSurprise({ timeline, runs }: Scene) {
  const { budget, windows } = timeline;
  const alert = budget?.threshold ?? 1;
  const warning = budget?.threshold_warning ?? alert;
  const surprises = windows.map((window) => window.surprise);
  const top = Math.min(3 * alert, surprises.reduce<number>((most, value) => Math.max(most, value ?? 0), 1.3 * alert));
  const tiers = [
    ["quiet", (value: number) => value <= warning],
    ["warning", (value: number) => value > warning && value <= alert],
    ["alert", (value: number) => value > alert],
  ] as const;
  const content = new Map(
    runs.map((run) => [
      run,
      tiers.map(([tier, own]) => {
        const values = surprises.map((value) => (exists(value) && own(value) ? value : null));
        return <path class={`bars ${tier}`} d={barPath(values, run.first, run.last, top)} />;
      }),
    ]),
  );
  const lines = [
    { tier: "alert", top: 100 * (1 - alert / top) },
    ...(warning < alert ? [{ tier: "warning", top: 100 * (1 - warning / top) }] : []),
  ];
  return { content, lines };
}
