// Where the parts of a report lead to, on pages that have more than the report.
import { createContext } from "preact";

export interface Links {
  /** The page of a column; undefined: there is none. */
  feature?(column: string): string;
}

/** A report leads nowhere: it is one file. */
export const LinksContext = createContext<Links>({});
