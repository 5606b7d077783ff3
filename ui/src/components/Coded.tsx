/** A sentence of the server; what stands between backticks is to be typed as it is. */
export function Coded({ text }: { text: string }) {
  return <>{text.split("`").map((part, place) => (place % 2 ? <code key={place}>{part}</code> : part))}</>;
}
