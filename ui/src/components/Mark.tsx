import type { Verdict } from "../record.ts";
import { VERDICT_WORD } from "../record-view.ts";

/** The verdict as a shape and a word: triangle, diamond, hatched square, small ring. */
export function Mark({ verdict, word = VERDICT_WORD[verdict] }: { verdict: Verdict; word?: string }) {
  return (
    <span class={`mark ${verdict}`}>
      <Shape verdict={verdict} />
      <span>{word}</span>
    </span>
  );
}

export function Shape({ verdict }: { verdict: Verdict }) {
  return (
    <svg class="shape" viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">
      {verdict === "alert" && <path d="M6 .8 11.6 11.2H.4Z" />}
      {verdict === "warning" && <path d="M6 1 11 6 6 11 1 6Z" />}
      {verdict === "unknown" && <path d="M1.5 1.5h9v9h-9ZM1.5 6 6 1.5M1.5 10.5l9-9M6 10.5 10.5 6" />}
      {verdict === "ok" && <circle cx="6" cy="6" r="3" />}
    </svg>
  );
}
