// One key, one action; keys do nothing while somebody types.
import { useLayoutEffect } from "preact/hooks";

export function useKeys(actions: Record<string, () => void>): void {
  // Before the first paint: a key pressed at once must not be lost.
  useLayoutEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key !== "Escape" && event.target instanceof HTMLInputElement) return;
      const action = actions[event.key];
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
  const rows = [...document.querySelectorAll<HTMLElement>("[data-row]")];
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
