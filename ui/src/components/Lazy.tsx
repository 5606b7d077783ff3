import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

const waiting = new Map<Element, () => void>();
let observer: IntersectionObserver | undefined;

function show(element: Element): void {
  waiting.get(element)?.();
  waiting.delete(element);
  observer?.unobserve(element);
}

function watch(element: Element, draw: () => void): () => void {
  observer ??= new IntersectionObserver(
    (entries) => entries.filter((entry) => entry.isIntersecting).forEach((entry) => show(entry.target)),
    { rootMargin: "600px" },
  );
  waiting.set(element, draw);
  observer.observe(element);
  return () => {
    waiting.delete(element);
    observer?.unobserve(element);
  };
}

// What is printed must be drawn, in view or not.
addEventListener("beforeprint", () => [...waiting.keys()].forEach(show));

/** Draws its children when they come near the view; keeps their place until then. */
export function Lazy({ height, children }: { height: number; children: () => ComponentChildren }) {
  const place = useRef<HTMLDivElement>(null);
  const [drawn, setDrawn] = useState(false);
  useEffect(() => (place.current && !drawn ? watch(place.current, () => setDrawn(true)) : undefined), [drawn]);
  return (
    <div ref={place} style={drawn ? undefined : { minHeight: `${height}px` }}>
      {drawn && children()}
    </div>
  );
}
