// Who looks: what the server knows of this browser.
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import { ask, Failure, prove } from "./client.ts";

export interface Viewer {
  name: string;
  /** May change things: acknowledge, comment, add. */
  writes: boolean;
  admin: boolean;
  /** Nobody signs in: the server answers this machine only. */
  open: boolean;
}

const ANYONE: Viewer = { name: "", writes: true, admin: true, open: true };

export async function viewer(): Promise<Viewer> {
  try {
    const found = await ask("GET /api/v1/session");
    prove(found.csrf);
    return { name: found.name, writes: found.role !== "viewer", admin: found.role === "admin", open: found.open };
  } catch (error) {
    if (error instanceof Failure && error.status === 404) return ANYONE;
    throw error;
  }
}

export const Session = createContext<Viewer>(ANYONE);
export const useViewer = () => useContext(Session);
