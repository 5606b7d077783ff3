// One key, one action; keys do nothing while somebody types.
import { useLayoutEffect } from "preact/hooks";

/** Longest pause between the two keys of a pair such as `g f`, in milliseconds. */
const PAIR = 1_200;

let first = { key: "", at: 0 };

/** Keys are as `KeyboardEvent.key` names them; two with a space between are pressed one after the other. */
export function useKeys(actions: Record<string, () => void>): void {
  // Before the first paint: a key pressed at once must not be lost.
  useLayoutEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const typing = event.target instanceof Element && event.target.closest("input, textarea, select");
      if (event.key !== "Escape" && typing) return;
      // Others who listen have seen the same event: it does not follow itself.
      const since = event.timeStamp - first.at;
      const began = since > 0 && since < PAIR ? first.key : "";
      const action = actions[began ? `${began} ${event.key}` : event.key];
      // Once all who listen have had their turn.
      if (began) setTimeout(() => (first = { key: "", at: 0 }));
      else if (Object.keys(actions).some((keys) => keys.startsWith(`${event.key} `))) first = { key: event.key, at: event.timeStamp };
      if (!action) return;
      event.preventDefault();
      action();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  });
}

/** Moves the focus to the next (+1) or previous (-1) row. */
export function moveRow(step: 1 | -1): void {
  const rows = [...document.querySelectorAll<HTMLElement>("[data-row]")].filter((row) => row.checkVisibility());
  const at = rows.indexOf(document.activeElement as HTMLElement);
  const next = at < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.max(0, Math.min(rows.length - 1, at + step));
  rows[next]?.focus();
  rows[next]?.scrollIntoView({ block: "nearest" });
}

/** Opens or closes the row that has the focus. */
export function toggleRow(): void {
  const active = document.activeElement;
  if (active instanceof HTMLElement && active.matches("[data-row]")) active.click();
}
