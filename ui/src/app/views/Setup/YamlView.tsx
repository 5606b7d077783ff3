import { useEffect, useState } from "preact/hooks";
import { ask } from "../../client.ts";
import { Field, useAct, Wrong } from "./forms.tsx";
import type { Options } from "./monitors.ts";

/** All options as the text of a leadline.yaml, read by the server. */
export function YamlView({ options, change, reads }: { options: Options; change(options: Options): void; reads: boolean }) {
  const [text, setText] = useState<string | null>(null);
  const act = useAct();
  useEffect(() => {
    void act.run(async () => setText((await ask("POST /api/v1/yaml", { body: { options } })).text));
    // What is typed here comes back as options; only another beginning is written anew.
  }, []);
  const read = () => act.run(async () => change((await ask("POST /api/v1/yaml", { body: { text: text ?? "" } })).options));
  return (
    <>
      <Field name="Options, as in leadline.yaml" hint={<>The same text sets the model up with <code>leadline apply</code>.</>} wide>
        <textarea rows={Math.min(30, Math.max(10, (text ?? "").split("\n").length + 2))} spellcheck={false} readOnly={reads} value={text ?? ""} onInput={(event) => setText(event.currentTarget.value)} onBlur={() => void (reads || read())} />
      </Field>
      <Wrong failure={act.failure} />
    </>
  );
}
