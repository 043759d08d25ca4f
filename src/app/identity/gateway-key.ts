import { CodedError } from "../../contracts/errors.ts";
import { ensureGatewayKey, gatewayKey } from "../../db/secrets/gateway-key.ts";
import type { AppContext } from "../app-context.ts";

/**
 * The private half of the SSH gateway's host key, as OpenSSH writes it: one of a deployment, so that all servers show the
 * same. It is sealed as secrets are, and made by the first server that wants it.
 * Errors: `state_key_mismatch`.
 */
export async function gatewayHostKey(context: AppContext, make: () => string): Promise<string> {
  const { db, stateVault, random, clock } = context;
  if ((await gatewayKey(db)) === undefined) {
    const id = random.uuid();
    await ensureGatewayKey(db, { id, ...(await stateVault.seal(id, make())), now: clock.now() });
  }
  const row = await gatewayKey(db);
  if (row === undefined) throw new CodedError("internal", "The host key of the SSH gateway could not be stored.");
  return String(await stateVault.open(row.id, { sealed: row.sealed, keyId: row.key_id }));
}
