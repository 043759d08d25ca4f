// The agent of keys, given anything.
import fc from "fast-check";
import { createPrivateKey, createPublicKey, verify } from "node:crypto";
import { expect, test } from "vitest";
import { answerOfKeyAgent } from "../../src/agent/keys/key-agent-protocol.ts";
import { makeSshKey, sshPublicBlob, sshString } from "../../src/platform/ssh-ed25519.ts";

const key = createPrivateKey(makeSshKey().privateKey);
const failure = Buffer.of(5);
const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array));
const flags = Buffer.alloc(4);

test("whatever is asked but the list and a whole signature with its key fails, and nothing throws", () => {
  const anything = fc.oneof(
    bytes,
    bytes.map((rest) => Buffer.concat([Buffer.of(13), rest])),
    bytes.map((rest) => Buffer.concat([Buffer.of(13), sshString(sshPublicBlob(key)), rest])),
  );
  fc.assert(
    fc.property(anything, (message) => {
      const isList = message.length === 1 && message[0] === 11;
      const answer = answerOfKeyAgent(key, message);
      if (!isList && answer[0] !== 14) expect(answer).toEqual(failure);
      expect(answerOfKeyAgent(null, message)[0]).toBe(isList ? 12 : 5);
    }),
  );
});

test("a signature is of just what was to be signed, and a message that is cut or too long has none", () => {
  fc.assert(
    fc.property(bytes, fc.nat(), (data, cut) => {
      const message = Buffer.concat([Buffer.of(13), sshString(sshPublicBlob(key)), sshString(data), flags]);
      const answer = answerOfKeyAgent(key, message);
      expect(answer[0]).toBe(14);
      expect(verify(null, data, createPublicKey(key), answer.subarray(-64))).toBe(true);
      expect(answerOfKeyAgent(key, message.subarray(0, cut % message.length))).toEqual(failure);
      expect(answerOfKeyAgent(key, Buffer.concat([message, Buffer.of(0)]))).toEqual(failure);
    }),
  );
});
