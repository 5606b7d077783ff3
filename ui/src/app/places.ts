// What can be gone to by name: models and their features.
import type { ModelFeatures } from "./api.ts";
import { featurePath, modelPath } from "./routes.ts";

export interface Place {
  name: string;
  /** The model of a feature; "" for a model. */
  model: string;
  address: string;
}

export function placesOf(models: readonly ModelFeatures[]): Place[] {
  return models.flatMap(({ model, features }) => [
    { name: model, model: "", address: modelPath(model) },
    ...features.map((name) => ({ name, model, address: featurePath(model, name) })),
  ]);
}

/** Places whose name holds all that is wanted: those that begin with it first, models before features. */
export function found(places: readonly Place[], wanted: string, most: number): Place[] {
  const words = wanted.trim().toLocaleLowerCase().split(/\s+/).filter(Boolean);
  const hits = places.filter((place) => {
    const text = `${place.model} ${place.name}`.toLocaleLowerCase();
    return words.every((word) => text.includes(word));
  });
  const rank = ({ name, model }: Place) => (words.length && name.toLocaleLowerCase().startsWith(words[0]!) ? 0 : 2) + (model ? 1 : 0);
  return hits
    .map((place, i) => ({ place, i }))
    .sort((a, b) => rank(a.place) - rank(b.place) || a.i - b.i)
    .slice(0, most)
    .map(({ place }) => place);
}
