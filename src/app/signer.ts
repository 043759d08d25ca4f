import { createHmac, hkdfSync, timingSafeEqual } from "node:crypto";
import { stateKeyId } from "./provisioner/state-vault.ts";

const textLengthMax = 4_096;
const keyBytes = 32;

/** What a signed text may be for. One for another purpose is none. */
export type SignedPurpose = "relay" | "app code" | "app session" | "app link";

/**
 * Signs what servers of a deployment tell each other by way of others: a server that is told it knows that one of them has
 * said it. The key is made from the one that states are sealed with, which all of them share, and which is never in the
 * database.
 */
export class Signer {
  readonly #keys: ReadonlyMap<string, Buffer>;
  readonly #ownId: string;

  /** @param keys those that states are sealed with: the first one signs, each of them is taken. */
  constructor(keys: readonly [Buffer, ...Buffer[]]) {
    this.#ownId = stateKeyId(keys[0]);
    this.#keys = new Map(keys.map((key) => [stateKeyId(key), key]));
  }

  /**
   * @param content what `JSON.stringify` can write.
   * @param keyId of the key that whoever reads it seals with: while keys are replaced he may not know ours yet.
   * @returns characters that need no escaping in a header, a cookie or an address.
   */
  sign(purpose: SignedPurpose, content: object, keyId: string | null = null): string {
    const key = this.#keys.get(keyId ?? "") ?? this.#keys.get(this.#ownId) ?? Buffer.alloc(0);
    const body = Buffer.from(JSON.stringify(content)).toString("base64url");
    return `${body}.${macOf(key, purpose, body).toString("base64url")}`;
  }

  /** @returns the content; undefined when no server of this deployment has signed it for this purpose. */
  read(purpose: SignedPurpose, text: string): unknown {
    if (text.length > textLengthMax) return undefined;
    const [body = "", mac = ""] = text.split(".");
    const given = Buffer.from(mac, "base64url");
    const isSigned = Array.from(this.#keys.values()).some((key) => isSame(macOf(key, purpose, body), given));
    return isSigned ? JSON.parse(Buffer.from(body, "base64url").toString("utf8")) : undefined;
  }
}

function macOf(key: Buffer, purpose: SignedPurpose, body: string): Buffer {
  const own = Buffer.from(hkdfSync("sha256", key, "", `prewarm ${purpose}`, keyBytes));
  return createHmac("sha256", own).update(body).digest();
}

function isSame(one: Buffer, other: Buffer): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}
