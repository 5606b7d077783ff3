import { useEffect, useState } from "preact/hooks";
import { ask } from "./client.ts";
import { reconnect } from "./live.ts";
import { failureOf } from "./resource.ts";
import { go } from "./router.ts";

/** The way in: name and password, or, with the code that the server told at its first start, the first admin. */
export function SignIn({ done }: { done(): void }) {
  const asked = new URLSearchParams(location.search);
  const first = location.pathname === "/setup";
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [code, setCode] = useState(asked.get("code") ?? "");
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const [nobody, setNobody] = useState(false);
  useEffect(() => {
    if (!first) ask("GET /api/v1/setup").then(({ open }) => setNobody(open), () => setNobody(false));
  }, [first]);
  const enter = async (event: Event) => {
    event.preventDefault();
    setProblem("");
    setBusy(true);
    try {
      if (first) await ask("POST /api/v1/setup", { body: { code, name, password } });
      else await ask("POST /api/v1/session", { body: { name, password } });
    } catch (error) {
      return setProblem(failureOf(error).message);
    } finally {
      setBusy(false);
    }
    const to = asked.get("to") ?? "/";
    // Only to a path of this server.
    go(/^\/(?!\/)/.test(to) ? to : "/", { replace: true });
    reconnect();
    done();
  };
  return (
    <form class="state entrance" onSubmit={(event) => void enter(event)}>
      <p class="brand">Leadline</p>
      <h1>{first ? "Make the first admin" : "Sign in"}</h1>
      {nobody && <p class="note">Nobody can sign in yet. <code>leadline up</code> printed an address when it started: open it to make the first admin.</p>}
      {first && <Field name="Code" value={code} change={setCode} hint="The server printed it at its first start." />}
      <Field name="Name" value={name} change={setName} complete="username" />
      <Field name="Password" value={password} change={setPassword} secret complete={first ? "new-password" : "current-password"} />
      {problem && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      <button type="submit" class="button primary" disabled={busy}>
        {busy ? "Signing in …" : first ? "Make and sign in" : "Sign in"}
      </button>
    </form>
  );
}

interface FieldProps {
  name: string;
  value: string;
  change(value: string): void;
  secret?: boolean;
  complete?: string;
  hint?: string;
}

function Field({ name, value, change, secret = false, complete = "off", hint }: FieldProps) {
  const shared = { value, autoComplete: complete, required: true, onInput: (event: { currentTarget: HTMLInputElement }) => change(event.currentTarget.value) };
  return (
    <label class="field">
      <span>{name}</span>
      {secret ? <input type="password" {...shared} /> : <input type="text" {...shared} />}
      {hint && <span class="note">{hint}</span>}
    </label>
  );
}
