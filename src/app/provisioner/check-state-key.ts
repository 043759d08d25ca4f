import { CodedError } from "../../contracts/errors.ts";
import { plainStates, sealPlainState } from "../../db/resources/provider-states.ts";
import { ensureStateKeyId, replaceStateKeyId } from "../../db/settings/settings.ts";
import { listServers } from "../../db/servers/servers.ts";
import type { AppContext } from "../app-context.ts";
import { resealSecrets } from "../secrets/reseal-secrets.ts";

const sealedAtOnceMax = 50;
const serversShownMax = 5;

/**
 * At a server's start: makes sure that all servers of the deployment seal with keys that each of them can open, and
 * seals what an earlier release stored in the clear, and secrets that an older key has sealed.
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
      { next: await howToJoin(context, known) },
    );
  }
  if (known !== vault.keyId) {
    await replaceStateKeyId(db, { from: known, to: vault.keyId, now });
    logger.info("provider states are sealed with a new key from now on", { keyId: vault.keyId, before: known });
  }
  let sealed = sealedAtOnceMax;
  while (sealed === sealedAtOnceMax) sealed = await sealSome(context);
  await resealSecrets(context);
}

/** One step: the key of the deployment, in a file or in the environment. It is never in the database. */
async function howToJoin({ db }: AppContext, keyId: string): Promise<string> {
  const having = (await listServers(db, serversShownMax)).filter(({ report }) => report.stateKeyId === keyId);
  const where = having.length === 0 ? "a server of the deployment" : having.map(({ url }) => url).join(" or ");
  return (
    `Give this server the deployment's key: copy the file \`state.key\` of the data folder of ${where} to this machine ` +
    "and name it in PREWARM_STATE_KEY_FILE, or put its text into PREWARM_STATE_KEY. " +
    "When the key was replaced on purpose, name the old one after the new one, with a comma between them."
  );
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
