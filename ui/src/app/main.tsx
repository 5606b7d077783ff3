import { render } from "preact";
import { keepNumbersWhole } from "../unbroken.ts";
import { App } from "./App.tsx";
import { setIcon } from "./icon.ts";
import { savedTheme, setTheme } from "./theme.ts";
import "../styles/shared.css";
import "./styles/shell.css";
import "./styles/fleet.css";
import "./styles/model.css";
import "./styles/alert.css";
import "./styles/said.css";
import "./styles/setup.css";
import "./styles/slices.css";
import "./styles/setup-narrow.css";

setTheme(savedTheme());
setIcon();
keepNumbersWhole();
const place = document.getElementById("app");
if (place) {
  place.textContent = "";
  render(<App />, place);
}
