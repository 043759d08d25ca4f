import { createCipheriv, createDecipheriv, createHash } from "node:crypto";
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import { CodedError } from "../../contracts/errors.ts";
import { providerStateBytesMax } from "../../contracts/limits.ts";
import type { Random } from "../../platform/random.ts";

export const stateKeyBytes = 32;
const formatVersion = 1;
const nonceBytes = 12;
const tagBytes = 16;
const headerBytes = 1 + nonceBytes + tagBytes;
const keyIdLength = 16;

/** What a workspace's state looks like in the database: bytes, and which key opens them. */
export interface Sealed {
  readonly sealed: Buffer;
  readonly keyId: string;
}

/** Seals provider states, so that a copy of the database does not tell the secrets that providers put into them. */
export interface StateVault {
  /** Of the key that seals. */
  readonly keyId: string;
  /** Whether a key with this id is at hand. */
  opens(keyId: string): boolean;
  seal(workspaceId: string, state: unknown): Promise<Sealed>;
  /** Errors: `state_key_mismatch`, also for bytes that are damaged or another workspace's. */
  open(workspaceId: string, sealed: Sealed): Promise<unknown>;
}

/** Names a key without telling it. */
export function stateKeyId(key: Buffer): string {
  return createHash("sha256").update("prewarm provider state key\0").update(key).digest("hex").slice(0, keyIdLength);
}

/**
 * AES-256-GCM over the compressed JSON: what is sealed no longer compresses. Laid out as format version (1 byte),
 * nonce (12), tag (16), ciphertext; the workspace's id is authenticated with it, so that no row opens in another's
 * place. A nonce is random: the same one comes twice within 2^32 versions with a chance of about 2^-33.
 * @param keys of `stateKeyBytes` each: the first one seals, each of them opens.
 */
export function createStateVault(keys: readonly [Buffer, ...Buffer[]], random: Random): StateVault {
  const byId = new Map(keys.map((key) => [stateKeyId(key), key]));
  const [current] = keys;
  const keyId = stateKeyId(current);
  return {
    keyId,
    opens: (id) => byId.has(id),
    seal: async (workspaceId, state) => {
      const plain = await promisify(gzip)(Buffer.from(JSON.stringify(state) ?? "null"));
      const nonce = random.bytes(nonceBytes);
      const cipher = createCipheriv("aes-256-gcm", current, nonce).setAAD(Buffer.from(workspaceId));
      const text = Buffer.concat([cipher.update(plain), cipher.final()]);
      return { keyId, sealed: Buffer.concat([Buffer.of(formatVersion), nonce, cipher.getAuthTag(), text]) };
    },
    open: async (workspaceId, { sealed, keyId: id }) => {
      const key = byId.get(id);
      if (key === undefined) throw wrongKey(`it was sealed with the key ${id}, and the keys given here are others`);
      try {
        return await unsealed(sealed, { key, workspaceId });
      } catch (cause) {
        throw wrongKey("its bytes are damaged, or of another workspace", cause);
      }
    },
  };
}

async function unsealed(sealed: Buffer, by: { readonly key: Buffer; readonly workspaceId: string }): Promise<unknown> {
  if (sealed.length < headerBytes || sealed[0] !== formatVersion) throw new Error("an unknown format");
  const nonce = sealed.subarray(1, 1 + nonceBytes);
  const decipher = createDecipheriv("aes-256-gcm", by.key, nonce, { authTagLength: tagBytes })
    .setAAD(Buffer.from(by.workspaceId))
    .setAuthTag(sealed.subarray(1 + nonceBytes, headerBytes));
  const plain = Buffer.concat([decipher.update(sealed.subarray(headerBytes)), decipher.final()]);
  // A little more than the limit of what is stored, which counts another spelling of the same JSON.
  const text = await promisify(gunzip)(plain, { maxOutputLength: 2 * providerStateBytesMax });
  return JSON.parse(text.toString());
}

function wrongKey(why: string, cause?: unknown): CodedError {
  return new CodedError("state_key_mismatch", `The stored state of a workspace cannot be opened: ${why}.`, { cause });
}
