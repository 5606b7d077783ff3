// Addresses and what they show; plain functions.
export type Route =
  | { view: "fleet" }
  | { view: "model"; model: string }
  | { view: "feature"; model: string; feature: string }
  | { view: "compare"; model: string }
  | { view: "explore"; model: string }
  | { view: "settings"; section: string }
  | { view: "alerts" }
  | { view: "alert"; number: number }
  | { view: "entrance" }
  | { view: "unknown"; path: string };

export function routeOf(path: string): Route {
  const parts = path.split("/").filter(Boolean).map(decoded);
  const [first, second, third, ...rest] = parts;
  if (first === undefined) return { view: "fleet" };
  if ((first === "login" || first === "setup") && parts.length === 1) return { view: "entrance" };
  if (first === "alerts" && parts.length === 1) return { view: "alerts" };
  if (first === "alerts" && parts.length === 2 && /^\d{1,15}$/.test(second!)) return { view: "alert", number: Number(second) };
  if (first === "models" && parts.length === 2) return { view: "model", model: second! };
  if (first === "models" && parts.length === 3 && (third === "compare" || third === "explore")) return { view: third, model: second! };
  if (first === "settings" && parts.length <= 2) return { view: "settings", section: second ?? "models" };
  if (first === "models" && third === "features" && rest.length) return { view: "feature", model: second!, feature: rest.join("/") };
  return { view: "unknown", path };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export const FLEET = "/";
export const ALERTS = "/alerts";
export const modelPath = (model: string) => `/models/${encodeURIComponent(model)}`;
export const featurePath = (model: string, feature: string) => `${modelPath(model)}/features/${encodeURIComponent(feature)}`;
export const comparePath = (model: string) => `${modelPath(model)}/compare`;
export const explorePath = (model: string) => `${modelPath(model)}/explore`;
export const settingsPath = (section: string, { model = "" }: { model?: string } = {}) => `/settings/${section}${model && `?model=${encodeURIComponent(model)}`}`;
export const alertPath = (number: number) => `/alerts/${number}`;
