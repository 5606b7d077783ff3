import type { ComponentChildren } from "preact";

import { FLEET, modelPath } from "./routes.ts";

/** Where a page of a model stands: the fleet, the model, and what it shows of it. */
export function Crumbs({ model, children }: { model: string; children: ComponentChildren }) {
  return (
    <p class="crumbs">
      <a class="link" href={FLEET}>
        Fleet
      </a>{" "}
      /{" "}
      <a class="link" href={modelPath(model)}>
        <bdi>{model}</bdi>
      </a>{" "}
      / {children}
    </p>
  );
}
