import { Dialog } from "./Dialog.tsx";

interface Props {
  /** Keys and what each does; two spaces between alternatives, one between keys pressed one after the other. */
  keys: readonly (readonly [string, string])[];
  open: boolean;
  close(): void;
}

/** The keys of a page in a dialog. */
export function KeyList({ keys, open, close }: Props) {
  return (
    <Dialog title="Keys" open={open} close={close}>
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
    </Dialog>
  );
}
