import { useEffect, useRef } from "preact/hooks";

const KEYS = [
  ["/", "search columns"],
  ["j  k", "next and previous column"],
  ["e  Enter", "open or close it: how its verdict was reached"],
  ["s", "order by harm or by name"],
  ["←  →", "on the time axis and the map: move along the windows, with shift by ten"],
  ["Esc", "clear the search, close this help"],
  ["?", "this help"],
] as const;

export function Help({ open, close }: { open: boolean; close(): void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (open && !dialog.current?.open) dialog.current?.showModal();
    if (!open && dialog.current?.open) dialog.current.close();
  }, [open]);
  return (
    <dialog ref={dialog} onClose={close} aria-label="Keys">
      <h2>Keys</h2>
      <dl>
        {KEYS.map(([keys, meaning]) => (
          <>
            <dt>
              {keys.split("  ").map((key) => (
                <kbd>{key}</kbd>
              ))}
            </dt>
            <dd>{meaning}</dd>
          </>
        ))}
      </dl>
      <button type="button" onClick={close}>
        Close
      </button>
    </dialog>
  );
}
