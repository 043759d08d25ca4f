import { CodedError } from "../../contracts/errors.ts";
import { agentSettingsKeys, agentSettingsSealedBy, resealAgentSettings } from "../../db/agents/agent-settings.ts";
import { beforeAllSecrets, resealSecret, secretKeys, secretsSealedBy } from "../../db/secrets/secret-keys.ts";
import { resealVariables, variableKeys, variablesSealedBy } from "../../db/templates/version-variables.ts";
import { listServers } from "../../db/servers/servers.ts";
import type { AppContext } from "../app-context.ts";
import type { Sealed } from "../provisioner/state-vault.ts";

const resealedAtOnceMax = 50;
const serversMax = 100;
/** A server that was heard of of late works, and must be able to open what is sealed. */
const aliveMs = 15_000;

/**
 * Seals with the present key what an older one has sealed, so that the older one can be put away: a secret, a version's
 * variables, or what an agent is to run, may stay as they are for years. Not before every server that works seals with the present key: one that has
 * the older alone gives agents what that opens.
 */
export async function resealSecrets(context: AppContext): Promise<void> {
  const { db, stateVault: vault, logger } = context;
  const isOlder = ({ key_id: id }: { readonly key_id: string }): boolean => id !== vault.keyId && vault.opens(id);
  const secrets = (await secretKeys(db)).filter(isOlder).map((row) => row.key_id);
  const variables = (await variableKeys(db)).filter(isOlder).map((row) => row.key_id);
  const agents = (await agentSettingsKeys(db)).filter(isOlder).map((row) => row.key_id);
  if (secrets.length + variables.length + agents.length === 0 || !(await isEverybodysKey(context))) return;
  const resealed = await resealPages(context, {
    page: async (after) => await secretsSealedBy(db, { keyIds: secrets, after, limit: resealedAtOnceMax }),
    reseal: async (row, sealed) => await resealSecret(db, row, sealed),
    onDamaged: (row) => logger.warn("a secret is damaged: set it anew", { name: row.name, holder: row.holder }),
  });
  if (secrets.length > 0) logger.info("secrets are sealed with the present key", { keyId: vault.keyId, resealed });
  const versions = await resealPages(context, {
    page: async (after) => await variablesSealedBy(db, { keyIds: variables, after, limit: resealedAtOnceMax }),
    reseal: async (row, sealed) => await resealVariables(db, row, sealed),
    onDamaged: ({ template, number }) =>
      logger.warn("variables of a version are damaged: push it anew with them", { template, number }),
  });
  if (variables.length > 0) {
    logger.info("variables of versions are sealed with the present key", { keyId: vault.keyId, versions });
  }
  const settings = await resealPages(context, {
    page: async (after) => await agentSettingsSealedBy(db, { keyIds: agents, after, limit: resealedAtOnceMax }),
    reseal: async (row, sealed) => await resealAgentSettings(db, row, sealed),
    onDamaged: ({ workspace, agent }) =>
      logger.warn("what an agent is to run is damaged: start its workspace anew", { workspace, agent }),
  });
  if (agents.length > 0) {
    logger.info("what agents are to run is sealed with the present key", { keyId: vault.keyId, agents: settings });
  }
}

interface SealedRow {
  readonly id: string;
  readonly sealed: Buffer;
  readonly key_id: string;
}

/** Answers how many were sealed anew; what is damaged stays as it is. */
async function resealPages<Row extends SealedRow>(
  { stateVault: vault }: AppContext,
  rows: {
    readonly page: (after: string) => Promise<readonly Row[]>;
    readonly reseal: (row: Row, sealed: Sealed) => Promise<void>;
    readonly onDamaged: (row: Row) => void;
  },
): Promise<number> {
  let resealed = 0;
  for (let after = beforeAllSecrets; ; ) {
    const page = await rows.page(after);
    for (const row of page) {
      after = row.id;
      try {
        const value = await vault.open(row.id, { sealed: row.sealed, keyId: row.key_id });
        await rows.reseal(row, await vault.seal(row.id, value));
        resealed += 1;
      } catch (error) {
        if (!(error instanceof CodedError) || error.code !== "state_key_mismatch") throw error;
        rows.onDamaged(row);
      }
    }
    if (page.length < resealedAtOnceMax) return resealed;
  }
}

async function isEverybodysKey({ db, stateVault, serverId }: AppContext): Promise<boolean> {
  const servers = await listServers(db, serversMax);
  return servers.every(
    ({ id, silent_ms: silentMs, report }) =>
      id === serverId || silentMs > aliveMs || report.stateKeyId === stateVault.keyId,
  );
}
