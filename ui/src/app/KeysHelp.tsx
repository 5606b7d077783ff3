import { KeyList } from "../components/KeyList.tsx";

const KEYS = [
  ["/", "search models and features"],
  ["j  k", "next and previous line"],
  ["Enter", "open the line"],
  ["a", "acknowledge the alert, or the model's first open one"],
  ["e", "explain: go to the alert of the line, or to the first of the model"],
  ["s", "order by harm or by name"],
  ["g f", "all models"],
  ["g a", "all alerts"],
  ["i", "what the numbers of the line are: unit, interval, what they were computed from"],
  ["←  →", "on the time axis and the map: move along the windows, with shift by ten"],
  ["Esc", "close what is open"],
  ["?", "this help"],
] as const;

export function KeysHelp({ open, close }: { open: boolean; close(): void }) {
  return <KeyList keys={KEYS} open={open} close={close} />;
}
