import { type KeyObject, sign } from "node:crypto";
import { sshKeyType, sshPublicBlob, sshString } from "../../platform/ssh-ed25519.ts";

/** Longest message of a client, as OpenSSH's agent has it. */
export const keyMessageBytesMax = 262_144;

const asks = { identities: 11, sign: 13 } as const;
const answers = { failure: 5, identities: 12, signature: 14 } as const;
const comment = "prewarm";

/**
 * What is answered to one message of the OpenSSH agent protocol, without its length: the key's public half, and signatures
 * with it. Anything else fails, `session-bind@openssh.com` too, which OpenSSH goes on without: nothing adds, removes or
 * reads a key.
 */
export function answerOfKeyAgent(key: KeyObject | null, message: Buffer): Buffer {
  const failure = Buffer.of(answers.failure);
  if (message[0] === asks.identities && message.length === 1) {
    const count = Buffer.alloc(4);
    count.writeUInt32BE(key === null ? 0 : 1);
    const one = key === null ? [] : [sshString(sshPublicBlob(key)), sshString(comment)];
    return Buffer.concat([Buffer.of(answers.identities), count, ...one]);
  }
  if (message[0] !== asks.sign || key === null) return failure;
  const blob = stringAt(message, 1);
  const data = blob === undefined ? undefined : stringAt(message, blob.end);
  // Four bytes of flags are left, which are about RSA.
  if (blob === undefined || data === undefined || message.length !== data.end + 4) return failure;
  if (!blob.bytes.equals(sshPublicBlob(key))) return failure;
  const signature = Buffer.concat([sshString(sshKeyType), sshString(sign(null, data.bytes, key))]);
  return Buffer.concat([Buffer.of(answers.signature), sshString(signature)]);
}

function stringAt(message: Buffer, at: number): { readonly bytes: Buffer; readonly end: number } | undefined {
  if (at + 4 > message.length) return undefined;
  const end = at + 4 + message.readUInt32BE(at);
  return end > message.length ? undefined : { bytes: message.subarray(at + 4, end), end };
}
