import { endedCredentials } from "../db/people/tokens.ts";
import type { Db } from "../db/store.ts";
import type { Clock } from "../platform/clock.ts";
import type { Controller } from "./controller.ts";

/** News tell at once; when they are lost, what is open ends within this time, and a short while for the look itself. */
const intervalMs = 2_000;

/** What is open on this server, by the credential that it was opened with. */
export interface OpenByCredential {
  held(): readonly string[];
  /** @returns how many it ended. */
  end(credentialId: string): number;
}

export interface RevocationDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly credentials: OpenByCredential;
}

/**
 * Ends what sessions, API tokens, daemon keys and login keys hold open once they hold no longer: revoked, expired, their owner deleted
 * or suspended. Each request is authenticated when it comes; what stays open would go on for ever. Agents, whose
 * connections are compared with their table anyway, are the presence controller's.
 */
export function createRevocation(deps: RevocationDeps): Controller {
  return {
    name: "revocation",
    intervalMs,
    topics: ["credentials"],
    run: async () => {
      const held = deps.credentials.held();
      const ended = held.length === 0 ? [] : await endedCredentials(deps.db, held, deps.clock.now());
      let closed = 0;
      for (const id of ended) closed += deps.credentials.end(id);
      return { outcome: "ok", fields: { held: held.length, ended: ended.length, closed } };
    },
  };
}
