// The one place that asks the server. What goes wrong becomes one kind of error, with what to do about it.
import type { Answers, Bodies, Problem, Queries } from "./api.ts";

export type Path = keyof Answers;

interface Given<P extends Path> {
  /** What stands in the braces of the path. */
  path?: Record<string, string | number>;
  query?: Partial<NonNullable<Queries[P]>>;
  body?: Bodies[P];
  /** Sent as it is, in the place of a body. */
  file?: Blob;
  signal?: AbortSignal;
}

/** What the server, or the way to it, has against a request. */
export class Failure extends Error {
  readonly status: number;
  readonly problem: Problem;

  /** Status 0: no answer came. */
  constructor(status: number, problem: Problem) {
    super(problem.message);
    this.status = status;
    this.problem = problem;
  }

  /** Asking again may help without anybody doing something. */
  get passes(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

/** Told on the window when the session turns out to be over. */
export const SIGNED_OUT = "leadline:signed-out";

let csrf = "";

/** The proof that a change is meant, which the session has told. */
export function prove(token: string): void {
  csrf = token;
}

export async function ask<P extends Path>(path: P, given: Given<P> = {}): Promise<Answers[P]> {
  const answer = await answered(path, given);
  return (answer.status === 204 ? undefined : await answer.json()) as Answers[P];
}

/** What is answered with a file. */
export async function fetchFile<P extends Path>(path: P, given: Given<P> = {}): Promise<Blob> {
  return (await answered(path, given)).blob();
}

async function answered<P extends Path>(path: P, { path: named = {}, query, body, file, signal }: Given<P>): Promise<Response> {
  const [method, template] = path.split(" ") as [string, string];
  const answer = await sent(addressOf(template, named, query), {
    method,
    body: file ?? (body === undefined ? undefined : JSON.stringify(body)),
    headers: method === "GET" ? undefined : { "Content-Type": file ? "application/octet-stream" : "application/json", "X-CSRF-Token": csrf },
    signal,
  });
  if (answer.status === 401 && !template.endsWith("/session") && !template.endsWith("/setup")) dispatchEvent(new Event(SIGNED_OUT));
  if (!answer.ok) throw new Failure(answer.status, await problemOf(answer));
  return answer;
}

/** `/models/{name}` with its parts filled in and escaped, and what else is asked. */
export function addressOf(template: string, named: Record<string, string | number>, query: object = {}): string {
  const path = template.replace(/\{(\w+)(?::\w+)?\}/g, (_, name: string) => encodeURIComponent(String(named[name] ?? "")));
  const parts = Object.entries(query).filter(([, value]) => value != null);
  const asked = new URLSearchParams(parts.map(([name, value]) => [name, String(value)]));
  return asked.size ? `${path}?${asked}` : path;
}

async function sent(address: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(address, init);
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new Failure(0, {
      message: "The server does not answer.",
      next_step: "It may be restarting; this page asks again by itself. If it stays away, look at the terminal of `leadline up`.",
    });
  }
}

async function problemOf(answer: Response): Promise<Problem> {
  const plain = { message: `The server answered with status ${answer.status}.` };
  try {
    const found = (await answer.json()) as Partial<Problem>;
    return typeof found.message === "string" ? (found as Problem) : plain;
  } catch {
    return plain;
  }
}
