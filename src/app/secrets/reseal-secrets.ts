import { CodedError } from "../../contracts/errors.ts";
import { beforeAllSecrets, resealSecret, secretKeys, secretsSealedBy } from "../../db/secrets/secret-keys.ts";
import { listServers } from "../../db/servers/servers.ts";
import type { AppContext } from "../app-context.ts";

const resealedAtOnceMax = 50;
const serversMax = 100;
/** A server that was heard of of late works, and must be able to open what is sealed. */
const aliveMs = 15_000;

/**
 * Seals with the present key what an older one has sealed, so that the older one can be put away: a secret may stay as it
 * is for years. Not before every server that works seals with the present key: one that has the older alone gives agents
 * what that opens.
 */
export async function resealSecrets(context: AppContext): Promise<void> {
  const { db, stateVault: vault, logger } = context;
  const older = (await secretKeys(db)).map((row) => row.key_id).filter((id) => id !== vault.keyId && vault.opens(id));
  if (older.length === 0 || !(await isEverybodysKey(context))) return;
  let resealed = 0;
  for (let after = beforeAllSecrets; ; ) {
    const rows = await secretsSealedBy(db, { keyIds: older, after, limit: resealedAtOnceMax });
    for (const row of rows) {
      after = row.id;
      try {
        const value = await vault.open(row.id, { sealed: row.sealed, keyId: row.key_id });
        await resealSecret(db, row, await vault.seal(row.id, value));
        resealed += 1;
      } catch (error) {
        if (!(error instanceof CodedError) || error.code !== "state_key_mismatch") throw error;
        logger.warn("a secret is damaged: set it anew", { name: row.name, holder: row.holder });
      }
    }
    if (rows.length < resealedAtOnceMax) break;
  }
  logger.info("secrets are sealed with the present key", { keyId: vault.keyId, resealed });
}

async function isEverybodysKey({ db, stateVault, serverId }: AppContext): Promise<boolean> {
  const servers = await listServers(db, serversMax);
  return servers.every(
    ({ id, silent_ms: silentMs, report }) =>
      id === serverId || silentMs > aliveMs || report.stateKeyId === stateVault.keyId,
  );
}
