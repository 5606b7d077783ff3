// Sentences that the server wrote have spaces in their numbers at which a line may break; narrow ones do not break.
import { options } from "preact";
import { THIN } from "./format.ts";

const BREAKS = /(?<=\d)(?:\u2009(?=\d)|[ \u2009](?=%))/g;

/** `(KS 0.287)`: a number beside the metric that it is of. */
const MEASURED = /(?<=\([A-Z]{2,4}) (?=\d)/g;

export function unbroken(text: string): string {
  return /[\u2009%(]/.test(text) ? text.replace(BREAKS, THIN).replace(MEASURED, "\u00a0") : text;
}

/** Names of the data, and what a reader may copy into a program. */
const AS_IT_IS = new Set(["bdi", "code", "option", "pre", "textarea"]);

/** From now on no number is shown on two lines. What is kept, linked and downloaded stays as it is. */
export function keepNumbersWhole(): void {
  const before = options.vnode;
  options.vnode = (vnode) => {
    const props = vnode.props as { children?: unknown };
    if (typeof vnode.type === "string" && !AS_IT_IS.has(vnode.type)) {
      if (typeof props.children === "string") props.children = unbroken(props.children);
      else if (Array.isArray(props.children)) props.children = props.children.map((child: unknown) => (typeof child === "string" ? unbroken(child) : child));
    }
    before?.(vnode);
  };
}
