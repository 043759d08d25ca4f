import { CodedError } from "../../contracts/errors.ts";
import { plainStates, sealPlainState } from "../../db/resources/provider-states.ts";
import { ensureStateKeyId, replaceStateKeyId } from "../../db/settings/settings.ts";
import type { AppContext } from "../app-context.ts";

const sealedAtOnceMax = 50;

/**
 * At a server's start: makes sure that all servers of the deployment seal with keys that each of them can open, and
 * seals what an earlier release stored in the clear.
 * Errors: `state_key_mismatch`.
 */
export async function checkStateKey(context: AppContext): Promise<void> {
  const { db, stateVault: vault, logger } = context;
  const now = context.clock.now();
  const known = await ensureStateKeyId(db, vault.keyId, now);
  if (!vault.opens(known)) {
    throw new CodedError(
      "state_key_mismatch",
      `The provider states in the database are sealed with the key ${known}, and this server has the key ${vault.keyId}.`,
    );
  }
  if (known !== vault.keyId) {
    await replaceStateKeyId(db, { from: known, to: vault.keyId, now });
    logger.info("provider states are sealed with a new key from now on", { keyId: vault.keyId, before: known });
  }
  let sealed = sealedAtOnceMax;
  while (sealed === sealedAtOnceMax) sealed = await sealSome(context);
}

async function sealSome({ db, stateVault }: AppContext): Promise<number> {
  return await db.transaction("seal states", async (tx) => {
    const rows = await plainStates(tx, sealedAtOnceMax);
    for (const { workspace_id: workspaceId, state } of rows) {
      await sealPlainState(tx, { ...(await stateVault.seal(workspaceId, state)), workspaceId });
    }
    return rows.length;
  });
}
