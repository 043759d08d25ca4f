import type { Actor } from "../../src/app/authorize.ts";
import { hashSecret } from "../../src/app/secret.ts";
import { insertToken } from "../../src/db/people/tokens.ts";
import type { Fixture } from "./fixture.ts";

const dayMs = 86_400_000;

/** Gives an actor of a fixture the session that he is said to have come with. */
export async function signInAs(fx: Fixture, actor: Actor): Promise<void> {
  const now = fx.clock.now();
  await insertToken(fx.store, {
    id: actor.tokenId,
    kind: "session",
    userId: actor.userId,
    name: "session",
    secretHash: hashSecret(actor.tokenId),
    now,
    expiresAt: new Date(now.getTime() + dayMs),
  });
}
