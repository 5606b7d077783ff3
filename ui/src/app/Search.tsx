import { useEffect, useMemo, useState } from "preact/hooks";
import { useModal } from "../components/Dialog.tsx";
import { ask } from "./client.ts";
import { found, type Place, placesOf } from "./places.ts";
import { useResource } from "./resource.ts";
import { go } from "./router.ts";

/** Models and features by a part of their name; Enter goes to the first. */
export function Search({ open, close }: { open: boolean; close(): void }) {
  const dialog = useModal(open);
  return (
    <dialog ref={dialog} class="search-dialog" aria-label="Search" onClose={close} onClick={(event) => event.target === dialog.current && close()}>
      {open && <Finder close={close} />}
    </dialog>
  );
}

const MOST = 12;

function Finder({ close }: { close(): void }) {
  const [wanted, want] = useState("");
  const [at, move] = useState(0);
  const [entered, enter] = useState(false);
  const places = useResource("places", async (signal) => placesOf((await ask("GET /api/v1/features", { signal })).items), (change) => change.kind === "judgement");
  const hits = useMemo(() => found(places.value ?? [], wanted, MOST), [places.value, wanted]);
  const open = (place: Place | undefined) => {
    if (!place) return;
    close();
    go(place.address);
  };
  // Who types faster than the names come is taken there when they are here.
  useEffect(() => {
    if (entered && places.value) open(hits[at]);
  }, [entered, places.value]);
  const press = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) move(Math.max(0, Math.min(hits.length - 1, at + step)));
    else if (event.key === "Enter" && places.value) open(hits[at]);
    else if (event.key === "Enter") enter(true);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
  };
  return (
    <div class="finder">
      <input
        type="search"
        aria-autocomplete="list"
        aria-controls="found"
        aria-activedescendant={hits[at] ? `found-${at}` : undefined}
        aria-label="Search models and features"
        placeholder="Name of a model or feature"
        value={wanted}
        autoFocus
        onInput={(event) => {
          want(event.currentTarget.value);
          move(0);
        }}
        onKeyDown={press}
      />
      <ul id="found" role="listbox" aria-label="Found">
        {hits.map((place, i) => (
          <li id={`found-${i}`} role="option" aria-selected={i === at} onClick={() => open(place)} onPointerMove={() => move(i)}>
            <bdi>{place.name}</bdi>
            {place.model && <span class="note"> in {place.model}</span>}
          </li>
        ))}
      </ul>
      {places.value && !hits.length && <p class="note">Nothing has that in its name.</p>}
    </div>
  );
}
