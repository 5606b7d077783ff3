import { useState } from "preact/hooks";
import { ALERTS, FLEET, type Route, settingsPath } from "./routes.ts";
import { useViewer } from "./session.ts";
import { savedTheme, setTheme, type Theme, THEMES } from "./theme.ts";

/** The top line: where one is, search, how it looks, who looks. */
export function Bar({ route, search, help }: { route: Route; search(): void; help(): void }) {
  const viewer = useViewer();
  const alerts = route.view === "alerts" || route.view === "alert";
  const settings = route.view === "settings";
  return (
    <nav class="bar app-bar" aria-label="Leadline">
      <a class="brand" href={FLEET}>
        Leadline
      </a>
      <a class="tab" href={FLEET} aria-current={alerts || settings ? undefined : "page"}>
        Fleet
      </a>
      <a class="tab" href={ALERTS} aria-current={alerts ? "page" : undefined}>
        Alerts
      </a>
      <a class="tab" href={settingsPath("models")} aria-current={settings ? "page" : undefined}>
        Set up
      </a>
      <button type="button" class="search-button" onClick={search}>
        <span>Search models and features</span> <kbd>/</kbd>
      </button>
      <ThemeButton />
      <button type="button" class="quiet-button keys-button" onClick={help}>
        Keys <kbd>?</kbd>
      </button>
      {viewer.name && !viewer.open && (
        <a class="tab who" href={settingsPath("you")} title="Your sessions and your password; sign out">
          <bdi>{viewer.name}</bdi>
        </a>
      )}
    </nav>
  );
}

function ThemeButton() {
  const [theme, choose] = useState<Theme>(savedTheme);
  const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length]!;
  return (
    <button
      type="button"
      class="quiet-button"
      title={`Colours: ${theme}. Click for ${next}.`}
      onClick={() => {
        setTheme(next);
        choose(next);
      }}
    >
      <span class="sr">Colours: </span>
      {theme === "system" ? "Auto" : theme === "light" ? "Light" : "Dark"}
    </button>
  );
}
