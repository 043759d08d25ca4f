import { createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";

export const sshKeyType = "ssh-ed25519";

/** A string as SSH writes it: its length in four bytes, and its bytes. */
export function sshString(content: string | Buffer): Buffer {
  const bytes = Buffer.from(content);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** The public half of an ed25519 key as SSH has it on the wire; a line of `authorized_keys` has it in base64. */
export function sshPublicBlob(key: KeyObject): Buffer {
  const { x = "" } = createPublicKey(key).export({ format: "jwk" });
  return Buffer.concat([sshString(sshKeyType), sshString(Buffer.from(x, "base64url"))]);
}

export interface MadeSshKey {
  /** PKCS #8, as PEM. */
  readonly privateKey: string;
  /** `ssh-ed25519 AAAA…`, without a comment. */
  readonly publicKey: string;
}

export function makeSshKey(): MadeSshKey {
  const { privateKey } = generateKeyPairSync("ed25519");
  return {
    privateKey: privateKey.export({ format: "pem", type: "pkcs8" }).toString(),
    publicKey: `${sshKeyType} ${sshPublicBlob(privateKey).toString("base64")}`,
  };
}
