import { useEffect, useRef } from "preact/hooks";
import { useQuery } from "../router.ts";
import { settingsPath } from "../routes.ts";
import { useViewer, type Viewer } from "../session.ts";
import { Empty } from "../States.tsx";
import { useTitle } from "../title.ts";
import { AuditLog } from "./Setup/AuditLog.tsx";
import { Budget } from "./Setup/Budget.tsx";
import { Channels } from "./Setup/Channels.tsx";
import { Data } from "./Setup/Data.tsx";
import { Maintenance } from "./Setup/Maintenance.tsx";
import { Models } from "./Setup/Models.tsx";
import { Monitors } from "./Setup/Monitors.tsx";
import { People } from "./Setup/People.tsx";
import { You } from "./Setup/You.tsx";

const SECTIONS = [
  { key: "models", name: "Models", sees: () => true, show: () => <Models /> },
  { key: "monitors", name: "Monitors", sees: () => true, show: () => <Monitors /> },
  { key: "budget", name: "Fleet budget", sees: () => true, show: () => <Budget /> },
  { key: "channels", name: "Channels", sees: () => true, show: () => <Channels /> },
  { key: "maintenance", name: "Maintenance", sees: () => true, show: () => <Maintenance /> },
  { key: "people", name: "People and tokens", sees: (viewer: Viewer) => viewer.admin, show: () => <People /> },
  { key: "data", name: "Data kept", sees: () => true, show: () => <Data /> },
  { key: "audit", name: "Audit log", sees: (viewer: Viewer) => viewer.admin, show: () => <AuditLog /> },
  { key: "you", name: "You", sees: (viewer: Viewer) => !viewer.open, show: () => <You /> },
] as const;

/** Everything that is set up once: a section an address. */
export function Setup({ section }: { section: string }) {
  const viewer = useViewer();
  const [model] = useQuery("model");
  const seen = SECTIONS.filter(({ sees }) => sees(viewer));
  const shown = seen.find(({ key }) => key === section);
  const tabs = useRef<HTMLElement>(null);
  // On a narrow screen the tabs are wider than it.
  useEffect(() => tabs.current?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" }), [section]);
  useTitle(`${shown?.name ?? "Set up"} · Leadline`);
  return (
    <main class="setup">
      <nav class="sections" aria-label="Set up" ref={tabs}>
        {seen.map(({ key, name }) => (
          <a class="tab" href={settingsPath(key, { model })} aria-current={key === section ? "page" : undefined}>
            {name}
          </a>
        ))}
      </nav>
      <div class="section">
        {shown ? (
          <>
            <h1>{shown.name}</h1>
            {shown.show()}
          </>
        ) : (
          <Empty title={SECTIONS.some(({ key }) => key === section) ? "This is for admins." : "Nothing is at this address."}>
            <p>
              <a class="link" href={settingsPath("models")}>
                Models
              </a>
            </p>
          </Empty>
        )}
      </div>
    </main>
  );
}
