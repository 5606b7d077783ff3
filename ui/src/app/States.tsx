import type { ComponentChildren } from "preact";
import { Coded } from "../components/Coded.tsx";
import type { Failure } from "./client.ts";
import type { Resource } from "./resource.ts";

interface Props<T> {
  of: Resource<T>;
  what: string;
  children: (value: T) => ComponentChildren;
}

/** Something fetched: what it is, or that it is on its way, or why it is not there. */
export function Fetched<T>({ of, what, children }: Props<T>) {
  if (of.value !== undefined) return <>{children(of.value)}</>;
  if (of.failure) return <Failed failure={of.failure} what={what} again={of.again} />;
  return <Loading what={what} />;
}

/** Appears only if it takes long: what is there at once must not flicker. */
export function Loading({ what }: { what: string }) {
  return (
    <p class="state loading" role="status">
      Reading {what} …
    </p>
  );
}

/** A next step that is one for programs. */
const NAMES_A_PATH = /\/api\/v\d/;

export function Failed({ failure, what, again }: { failure: Failure; what: string; again(): void }) {
  const { problem } = failure;
  const details = [problem.found && `Found: ${problem.found}.`, problem.accepted && `Accepted: ${problem.accepted}.`].filter(Boolean);
  return (
    <div class="state failed" role="alert">
      <h1>{failure.status === 404 ? `There is no such ${what}.` : `The ${what} cannot be shown.`}</h1>
      <p>{problem.what ? `${sentence(problem.what)} ${problem.where ? `(${problem.where})` : ""}` : problem.message}</p>
      {details.length > 0 && <p>{details.join(" ")}</p>}
      {problem.next_step && !NAMES_A_PATH.test(problem.next_step) && <p><Coded text={problem.next_step} /></p>}
      <p class="actions">
        <button type="button" class="button" onClick={again}>
          Try again
        </button>
        <a class="link" href="/">
          All models
        </a>
      </p>
    </div>
  );
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

/** A place where nothing is, and what would bring something. */
export function Empty({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <div class="state empty">
      <h2>{title}</h2>
      {children}
    </div>
  );
}
