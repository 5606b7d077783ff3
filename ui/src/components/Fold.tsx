import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Control } from "../state.ts";

interface Props {
  title: ComponentChildren;
  open: boolean;
  toggle(): void;
  /** It is printed whether it is open or not. */
  printed?: boolean;
  children: () => ComponentChildren;
}

interface PartProps {
  /** Names it in the address, and as a place to go to. */
  id: string;
  name: string;
  /** What a reader of the closed line should know. */
  note?: ComponentChildren;
  /** It says something that matters now: then it is open until the reader folds it. */
  matters: boolean;
  control: Control;
  printed?: boolean;
  children: () => ComponentChildren;
}

/** A part of a page that is folded until it matters; the address remembers what the reader made of it. */
export function Part({ id, name, note, matters, control, printed, children }: PartProps) {
  const title = note ? (
    <span>
      {name} <span class="note">{note}</span>
    </span>
  ) : (
    name
  );
  return (
    <section id={id} class="part" aria-label={name}>
      <Fold title={title} open={control.view.open.has(id) !== matters} toggle={() => control.toggle(id)} printed={printed}>
        {children}
      </Fold>
    </section>
  );
}

/** One line that opens; its content is only there while it is open, or printed. */
export function Fold({ title, open, toggle, printed = false, children }: Props) {
  const printing = usePrinting();
  return (
    <div class="fold">
      <h2>
        <button type="button" class="fold-title" data-row aria-expanded={open} onClick={toggle}>
          <span class="chevron" aria-hidden="true" />
          {title}
        </button>
      </h2>
      {(open || (printed && printing)) && <div class={`fold-content${open ? "" : " only-printed"}`}>{children()}</div>}
    </div>
  );
}

/** Whether the page goes to paper just now. */
function usePrinting(): boolean {
  const [printing, print] = useState(false);
  useEffect(() => {
    const begin = () => print(true);
    const end = () => print(false);
    addEventListener("beforeprint", begin);
    addEventListener("afterprint", end);
    return () => {
      removeEventListener("beforeprint", begin);
      removeEventListener("afterprint", end);
    };
  }, []);
  return printing;
}
