import { render } from "preact";
import { keepNumbersWhole } from "../unbroken.ts";
import { App } from "./App.tsx";
import { setIcon } from "./icon.ts";
import { savedTheme, setTheme } from "./theme.ts";
import "../styles/tokens.css";
import "../styles/page.css";
import "../styles/timeline.css";
import "./styles/shell.css";
import "./styles/fleet.css";
import "./styles/views.css";
import "./styles/setup.css";

setTheme(savedTheme());
setIcon();
keepNumbersWhole();
const place = document.getElementById("app");
if (place) {
  place.textContent = "";
  render(<App />, place);
}
