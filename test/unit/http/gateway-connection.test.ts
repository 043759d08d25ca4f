import { EventEmitter } from "node:events";
import type { Connection } from "ssh2";
import { expect, onTestFinished, test } from "vitest";
import { CodedError } from "../../../src/contracts/errors.ts";
import { GatewayConnection } from "../../../src/http/gateway/gateway-connection.ts";
import { gatewayLimits } from "../../../src/http/gateway/gateway-limits.ts";
import { HeldCredentials } from "../../../src/http/held-credentials.ts";
import type { HttpDeps } from "../../../src/http/http-deps.ts";
import { memoryLogger } from "../../../src/platform/logger.ts";
import { soundKeyPair } from "../../../src/platform/ssh/sound-key-pair.ts";
import { keyParser } from "../../../src/platform/ssh/ssh2-modules.ts";
import { waitUntil } from "../../support/wait-until.ts";

/** A client that comes with a key and its signature; who has the key is known once `found` is called. */
function signingIn({ hasRoom = true, refusedMs = 600_000, ip = "192.0.2.1" } = {}) {
  const key = keyParser.parseKey(soundKeyPair().private);
  if (key instanceof Error) throw key;
  const publicKey = `${key.type} ${key.getPublicSSH().toString("base64")}`;
  const row = { id: "alice", username: "alice", organizations: [], key_id: "laptop", key_name: "laptop" };
  let found = (): void => undefined;
  const rows = new Promise<readonly object[]>(
    (resolve) => (found = () => resolve([{ ...row, public_key: publicKey }])),
  );
  const credentials = new HeldCredentials();
  const now = () => new Date();
  const counted: unknown[] = [];
  const places = {
    takeFrom: (...asked: readonly unknown[]) => {
      counted.push(asked[2]);
      throw new CodedError("too_many_open", "There are many.");
    },
  };
  const world = { credentials, places, trustedProxies: new Set(["127.0.0.9"]), clock: { now }, logger: memoryLogger() };
  const deps = { db: { query: () => rows }, ...world } as unknown as HttpDeps;
  let ended = 0;
  const client = Object.assign(new EventEmitter(), { end: () => (ended += 1), _protocol: {} });
  onTestFinished(() => void client.emit("close"));
  let signedIn = 0;
  new GatewayConnection(client as unknown as Connection, {
    deps,
    limits: { ...gatewayLimits, refusedMs },
    ip,
    cut: () => undefined,
    signedIn: () => {
      signedIn += 1;
      return hasRoom;
    },
  });
  const blob = Buffer.from("what is signed");
  const said: string[] = [];
  client.emit("authentication", {
    method: "publickey",
    username: "alice",
    key: { algo: key.type, data: key.getPublicSSH() },
    blob,
    signature: key.sign(blob),
    accept: () => said.push("accept"),
    reject: () => said.push("reject"),
  });
  return { client, credentials, counted, found, said, signedIn: () => signedIn, ended: () => ended };
}

test("a client of the SSH gateway that has gone before it is known who it is holds neither a place nor its key", async () => {
  const stays = signingIn();
  stays.found();
  await waitUntil("it is let in", () => stays.said.includes("accept"));
  expect([stays.signedIn(), stays.credentials.held()]).toEqual([1, ["laptop"]]);
  stays.client.emit("close");
  expect(stays.credentials.held()).toEqual([]);
  const gone = signingIn();
  gone.client.emit("close");
  gone.found();
  // Everything that follows the answer of the database has been done by then.
  await new Promise((resolve) => setImmediate(resolve));
  expect([gone.signedIn(), gone.credentials.held(), gone.said]).toEqual([0, [], []]);
});

test("whoever has as many connections to the SSH gateway as he may is sent away soon, and others are let stay", async () => {
  const [refused, stays] = [signingIn({ hasRoom: false, refusedMs: 1 }), signingIn({ refusedMs: 1 })];
  for (const one of [refused, stays]) one.found();
  await waitUntil("he is sent away", () => refused.ended() === 1);
  expect(stays.ended()).toBe(0);
});

test("people who come to the SSH gateway through a proxy have no address in common that would bound them", async () => {
  const [direct, proxied] = [signingIn(), signingIn({ ip: "127.0.0.9" })];
  for (const one of [direct, proxied]) {
    one.found();
    await waitUntil("he is let in", () => one.said.includes("accept"));
    one.client.emit(
      "tcpip",
      () => undefined,
      () => undefined,
      { destIP: "dev", destPort: 22 },
    );
  }
  expect([direct.counted, proxied.counted]).toEqual([
    [{ ip: "192.0.2.1", isOpening: true }],
    [{ ip: null, isOpening: true }],
  ]);
});
