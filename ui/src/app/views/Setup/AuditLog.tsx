import { useState } from "preact/hooks";
import { words } from "../../../format.ts";
import type { ShownEntry } from "../../api.ts";
import { ask } from "../../client.ts";
import { useResource } from "../../resource.ts";
import { useQuery } from "../../router.ts";
import { Fetched } from "../../States.tsx";
import { Moment } from "../../times.tsx";
import { Grid } from "./forms.tsx";

const PAGE = 50;

/** Who changed what, a page at a time, the latest first. */
export function AuditLog() {
  const [after, turn] = useQuery("after");
  const entries = useResource(`audit ${after}`, (signal) => ask("GET /api/v1/audit", { query: { limit: PAGE, after: after ? Number(after) : null }, signal }), () => false);
  return (
    <>
      <p class="lead">Every entry is sealed with the one before it: none can be changed or taken out without <code>leadline audit verify</code> seeing it.</p>
      <Fetched of={entries} what="audit log">
        {({ items, next }) => (
          <>
            <Grid label="Audit log" head={["When", "Who", "What", "To what", "From", ""]}>
              {items.map((entry) => (
                <EntryLine entry={entry} />
              ))}
            </Grid>
            <p class="actions">
              {after && (
                <button type="button" class="button" onClick={() => turn("")}>
                  Latest
                </button>
              )}
              {next && (
                <button type="button" class="button" onClick={() => turn(next)}>
                  Older
                </button>
              )}
            </p>
          </>
        )}
      </Fetched>
    </>
  );
}

function EntryLine({ entry }: { entry: ShownEntry }) {
  const [open, show] = useState(false);
  const { at, who, action, object, address, about, seal } = entry;
  const more = Object.entries(about);
  return (
    <>
      <tr>
        <td>
          <Moment at={at} />
        </td>
        <td>
          <bdi>{who || "–"}</bdi>
        </td>
        <td>{actionWords(action)}</td>
        <td class="note">{object}</td>
        <td class="note">
          <bdi>{address}</bdi>
        </td>
        <td>
          <button type="button" class="link" aria-expanded={open} onClick={() => show(!open)}>
            {open ? "Less" : "More"}
          </button>
        </td>
      </tr>
      {open && (
        <tr>
          <td colSpan={6} class="note">
            {more.map(([name, value]) => (
              <p>
                {name}: <bdi>{value}</bdi>
              </p>
            ))}
            <p>
              entry {entry.id}, seal {seal}
            </p>
          </td>
        </tr>
      )}
    </>
  );
}

/** `models.set_baseline` as `Models: set baseline`; what is named after itself, once. */
function actionWords(action: string): string {
  const [topic = "", ...rest] = action.split(".");
  const what = rest.join(" ");
  return words(what && what !== topic ? `${topic}: ${what}` : topic);
}
