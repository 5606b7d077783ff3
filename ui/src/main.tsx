import { render } from "preact";
import type { ReportRecord } from "./record.ts";
import { Report } from "./report/Report.tsx";
import { keepNumbersWhole } from "./unbroken.ts";
import "./styles/shared.css";

const data = document.getElementById("record")?.textContent;
const place = document.getElementById("page");
if (data && place) {
  const record = JSON.parse(data) as ReportRecord;
  keepNumbersWhole();
  place.textContent = "";
  place.className = "live";
  render(<Report record={record} />, place);
}
