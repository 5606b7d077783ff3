import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

interface Props {
  title: string;
  open: boolean;
  close(): void;
  class?: string;
  children: ComponentChildren;
}

/** A dialog's element, which shows over the page while it is to be open. */
export function useModal(open: boolean) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (open && !dialog.current?.open) dialog.current?.showModal();
    if (!open && dialog.current?.open) dialog.current.close();
  }, [open]);
  return dialog;
}

/** A titled dialog over the page, with a button that closes it. */
export function Dialog({ title, open, close, class: kind, children }: Props) {
  const dialog = useModal(open);
  return (
    <dialog ref={dialog} class={kind} onClose={close} aria-label={title}>
      <h2>{title}</h2>
      {children}
      <button type="button" onClick={close}>
        Close
      </button>
    </dialog>
  );
}
