import { createStore } from "./store.ts";

/**
 * `unknown` until the server has said who is signed in; `ended`: somebody was, and the server does not know him any
 * more, so the page stays and asks for the password again.
 */
export type Session = "unknown" | "open" | "ended" | "none";

export const session = createStore<Session>("unknown");

/** The server refused a credential. */
export function noteUnauthenticated(): void {
  if (session.get() === "open") session.set("ended");
  else if (session.get() === "unknown") session.set("none");
}
