import type { Line } from "./api.ts";
import { exists, quantity } from "../format.ts";
import { bandPath, type Extent, extentOf, heightOf, linePath } from "../timeline/lines.ts";

/** Performance over the latest windows: realised solid, provisional faint, estimated dashed, the reference grey. */
export function Sparkline({ lines, label }: { lines: readonly Line[]; label: string }) {
  const size = lines[0]?.values.length ?? 0;
  const extent = extentOf([...lines, { values: lines.map((line) => line.reference) }]);
  if (!extent || size < 2) return null;
  return (
    <svg class="trend" viewBox={`0 0 ${size} 100`} preserveAspectRatio="none" role="img" aria-label={label}>
      <Level line={lines.find((line) => line.kind === "realised") ?? lines[0]!} extent={extent} size={size} />
      {lines.map((line) => (
        <Trend line={line} extent={extent} size={size} />
      ))}
    </svg>
  );
}

function Level({ line, extent, size }: { line: Line; extent: Extent; size: number }) {
  if (!exists(line.reference)) return null;
  return (
    <path class="level" d={`M0 ${heightOf(extent, line.reference)}H${size}`}>
      <title>reference {quantity(line.reference, line.unit)}</title>
    </path>
  );
}

function Trend({ line: { kind, values, low, high, provisional }, extent, size }: { line: Line; extent: Extent; size: number }) {
  const settled = values.map((value, i) => (provisional[i] ? null : value));
  const open = values.map((value, i) => (provisional[i] ? value : null));
  return (
    <>
      <path class={`band ${kind}`} d={bandPath(low, high, 0, size - 1, extent)} />
      <path class={`line ${kind}`} d={linePath(settled, 0, size - 1, extent)} />
      {provisional.length > 0 && <path class="line provisional" d={linePath(open, 0, size - 1, extent)} />}
    </>
  );
}
