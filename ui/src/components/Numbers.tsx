// What hovering says of numbers, for those who have no pointer: a key lists it for the line that has the focus.
import { Dialog } from "./Dialog.tsx";

/** A number or a name, and what hovering over it says. */
export interface Note {
  shown: string;
  says: string;
}

/** More than this nobody reads; the line with the focus has few. */
const MOST = 40;

/** Letters of what a number is beside, such as a whole line. */
const LONG = 80;

const PARTS = "tr, li, .model-row, .lane, article, section, main";

/** What hovering says around the focus: of the nearest part of the page that says anything, else of what is in view. */
export function notesAround(active: Element | null): Note[] {
  for (let part = active?.closest(PARTS); part; part = part.parentElement?.closest(PARTS)) {
    const found = notesIn(part);
    if (found.length) return found.slice(0, MOST);
  }
  return notesIn(document.body).slice(0, MOST);
}

function notesIn(part: Element): Note[] {
  const titled = [...(part.hasAttribute("title") ? [part] : []), ...part.querySelectorAll("[title]")];
  const found = titled.flatMap((element) => {
    const says = element.getAttribute("title")!.trim();
    const shown = shortened((element as HTMLElement).innerText?.trim() || element.getAttribute("aria-label") || "");
    return says && !element.closest("dialog") && inView(element) ? [{ shown, says }] : [];
  });
  const said = new Map(found.map((note) => [`${note.shown}\n${note.says}`, note]));
  return [...said.values()];
}

function shortened(text: string): string {
  const line = text.replace(/\s+/g, " ");
  return line.length > LONG ? `${line.slice(0, LONG - 1)}…` : line;
}

function inView(element: Element): boolean {
  const { top, bottom } = element.getBoundingClientRect();
  return element.checkVisibility() && bottom > 0 && top < innerHeight;
}

/** The notes in a dialog; none: it is closed. */
export function Numbers({ notes, close }: { notes: readonly Note[] | null; close(): void }) {
  return (
    <Dialog title="What the numbers are" class="numbers" open={notes !== null} close={close}>
      {notes?.length === 0 && <p class="note">Nothing more is known of what is in view.</p>}
      <dl>
        {notes?.map(({ shown, says }) => (
          <>
            <dt>
              <bdi>{shown}</bdi>
            </dt>
            <dd>{says}</dd>
          </>
        ))}
      </dl>
    </Dialog>
  );
}
