import { useEffect, useState } from "preact/hooks";
import { type Note, notesAround, Numbers } from "../components/Numbers.tsx";
import { moveRow, useKeys } from "../keyboard.ts";
import { Bar } from "./Bar.tsx";
import { Failure, SIGNED_OUT } from "./client.ts";
import { KeysHelp } from "./KeysHelp.tsx";
import { type Line, watchLine } from "./live.ts";
import { failureOf } from "./resource.ts";
import { followLinks, go, useAddress } from "./router.ts";
import { ALERTS, FLEET, type Route, routeOf } from "./routes.ts";
import { Search } from "./Search.tsx";
import { Session, viewer, type Viewer } from "./session.ts";
import { SignIn } from "./SignIn.tsx";
import { Empty, Failed } from "./States.tsx";
import { ZONE } from "./times.tsx";
import { Alert } from "./views/Alert.tsx";
import { AlertList } from "./views/AlertList.tsx";
import { Compare } from "./views/Compare.tsx";
import { Explore } from "./views/Explore.tsx";
import { Feature } from "./views/Feature.tsx";
import { Fleet } from "./views/Fleet.tsx";
import { Model } from "./views/Model.tsx";
import { Setup } from "./views/Setup.tsx";

const ENTRANCES = ["/login", "/setup"];

/** Everything: the bar, the view that the address names, and what is the same on all of them. */
export function App() {
  const { path } = useAddress();
  const route = routeOf(path);
  const [known, setKnown] = useState<Viewer | Failure | null>(null);
  const [help, setHelp] = useState(false);
  const [searching, setSearching] = useState(false);
  const [notes, setNotes] = useState<Note[] | null>(null);
  const look = () => {
    viewer().then(setKnown, (error: unknown) => setKnown(failureOf(error)));
  };
  useEffect(() => {
    look();
    addEventListener(SIGNED_OUT, look);
    return () => removeEventListener(SIGNED_OUT, look);
  }, []);
  useEffect(() => {
    if (!(known instanceof Failure)) return;
    if (known.status === 401 && !ENTRANCES.includes(location.pathname)) {
      go(`/login?to=${encodeURIComponent(location.pathname + location.search)}`, { replace: true });
    }
    if (!known.passes) return;
    const timer = setTimeout(look, 2_000);
    return () => clearTimeout(timer);
  }, [known]);
  useKeys({
    "/": () => setSearching(true),
    "?": () => setHelp(true),
    i: () => setNotes(notesAround(document.activeElement)),
    "g f": () => go(FLEET),
    "g a": () => go(ALERTS),
    j: () => moveRow(1),
    k: () => moveRow(-1),
  });
  if (known === null) return null;
  if (known instanceof Failure) {
    return <main>{known.status === 401 ? <SignIn done={look} /> : <Failed failure={known} what="page" again={look} />}</main>;
  }
  return (
    <Session.Provider value={known}>
      <div class="app" onClick={followLinks}>
        <Bar route={route} help={() => setHelp(true)} search={() => setSearching(true)} />
        <LineNote />
        <View route={route} />
        <footer class="foot note">
          Moments in your time zone, {ZONE}
          {ZONE !== "UTC" && ", and in UTC on hover"}; the windows of a model in its own.
        </footer>
        <Search open={searching} close={() => setSearching(false)} />
        <KeysHelp open={help} close={() => setHelp(false)} />
        <Numbers notes={notes} close={() => setNotes(null)} />
      </div>
    </Session.Provider>
  );
}

function View({ route }: { route: Route }) {
  switch (route.view) {
    case "fleet":
    case "entrance":
      return <Fleet />;
    case "model":
      return <Model key={route.model} model={route.model} />;
    case "feature":
      return <Feature key={`${route.model}/${route.feature}`} model={route.model} feature={route.feature} />;
    case "alerts":
      return <AlertList />;
    case "alert":
      return <Alert key={route.number} number={route.number} />;
    case "compare":
      return <Compare key={route.model} model={route.model} />;
    case "explore":
      return <Explore key={route.model} model={route.model} />;
    case "settings":
      return <Setup section={route.section} />;
    case "unknown":
      return (
        <main>
          <Empty title="There is no such view.">
            <p>
              <a class="link" href={FLEET}>
                All models
              </a>
            </p>
          </Empty>
        </main>
      );
  }
}

/** Said only while nothing new can come. */
function LineNote() {
  const [line, setLine] = useState<Line>("open");
  useEffect(() => watchLine(setLine), []);
  if (line === "open") return null;
  return (
    <p class="line-note" role="status">
      The server does not answer. What is shown stays as it was; the page goes on by itself when it is back.
    </p>
  );
}
