// Whether the page is as wide as a phone, where what lies beside on a screen lies above.
import { useEffect, useState } from "preact/hooks";

/** As in `styles/timeline/screens.css`. */
const NARROW = matchMedia("(max-width: 600px)");

export function useNarrow(): boolean {
  const [narrow, change] = useState(NARROW.matches);
  useEffect(() => {
    const follow = () => change(NARROW.matches);
    NARROW.addEventListener("change", follow);
    return () => NARROW.removeEventListener("change", follow);
  }, []);
  return narrow;
}
