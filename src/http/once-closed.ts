/** Both a socket and an answer of HTTP are one. */
export interface Closing {
  /** Whether it has told that it is closed, which it tells once. */
  readonly closed: boolean;
  once(event: "close", listener: () => void): unknown;
}

/**
 * Calls when it is closed, at once where it was before: whoever has waited for the database meanwhile would never be told, and
 * what he let go of then (a place, a credential, a visit) would be held for ever.
 */
export function onceClosed(line: Closing, then: () => void): void {
  if (line.closed) then();
  else line.once("close", then);
}
