import { useEffect, useRef } from "preact/hooks";

interface Props {
  /** Keys and what each does; two spaces between alternatives, one between keys pressed one after the other. */
  keys: readonly (readonly [string, string])[];
  open: boolean;
  close(): void;
}

/** The keys of a page in a dialog. */
export function KeyList({ keys, open, close }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (open && !dialog.current?.open) dialog.current?.showModal();
    if (!open && dialog.current?.open) dialog.current.close();
  }, [open]);
  return (
    <dialog ref={dialog} onClose={close} aria-label="Keys">
      <h2>Keys</h2>
      <dl>
        {keys.map(([names, meaning]) => (
          <>
            <dt>
              {names.split(/ {1,2}/).map((key) => (
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
