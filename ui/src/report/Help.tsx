import { KeyList } from "../components/KeyList.tsx";

const KEYS = [
  ["/", "search columns"],
  ["j  k", "next and previous column"],
  ["e  Enter", "open or close it: how its verdict was reached"],
  ["s", "order by harm or by name"],
  ["i", "what the numbers of the line are: unit, interval, what they were computed from"],
  ["←  →", "on the time axis and the map: move along the windows, with shift by ten"],
  ["Esc", "clear the search, close this help"],
  ["?", "this help"],
] as const;

export function Help({ open, close }: { open: boolean; close(): void }) {
  return <KeyList keys={KEYS} open={open} close={close} />;
}
