import { CodedError } from "../../contracts/errors.ts";
import type { UserId } from "../../contracts/ids.ts";
import { lockAdministrators } from "../../db/people/administrators.ts";
import type { Tx } from "../../db/store.ts";
import { type Actor, forbidden } from "../authorize.ts";

/**
 * Called in the transaction that takes the right to administer away from somebody: of two administrators who remove each
 * other at once, the second waits for the first, and is refused. Errors: `forbidden` for an actor who was removed
 * meanwhile; `last_administrator`. A target of null: nobody loses it, and only the actor is looked at.
 */
export async function keepAnAdministrator(tx: Tx, actor: Actor, target: UserId | null): Promise<void> {
  const administrators = await lockAdministrators(tx);
  if (target !== null && administrators.has(target) && administrators.size === 1) {
    throw new CodedError("last_administrator", "That is the last administrator of the deployment.");
  }
  if (!administrators.has(actor.userId)) throw forbidden("do this any more", "administrators");
}
