import type { ComponentChildren } from "preact";

interface Props {
  title: ComponentChildren;
  open: boolean;
  toggle(): void;
  children: () => ComponentChildren;
}

/** One line that opens; its content is only built when it is open. */
export function Fold({ title, open, toggle, children }: Props) {
  return (
    <div class="fold">
      <h2>
        <button type="button" class="fold-title" data-row aria-expanded={open} onClick={toggle}>
          <span class="chevron" aria-hidden="true" />
          {title}
        </button>
      </h2>
      {open && <div class="fold-content">{children()}</div>}
    </div>
  );
}
