// Bodies that are sent at once are bounded together, and not only each by itself: they are held in memory whole.
import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { startTestServer, type TestServer } from "../support/test-server.ts";
import { waitUntil } from "../support/wait-until.ts";

const kibibyte = 1_024;
const limits = { personBodyBytesMax: 256 * kibibyte, serverBodyBytesMax: 512 * kibibyte };
let server: TestServer;

beforeAll(async () => {
  server = await startTestServer({ metricsPublic: true }, limits);
});
afterAll(async () => server.stop());

interface Sending {
  readonly socket: Socket;
  readonly heard: () => string;
}

/** Begins a request whose body stays away, but for its first byte. */
function begin(token: string | undefined, length: string): Sending {
  const { hostname: host, port } = new URL(server.url);
  const socket = connect({ host, port: Number(port) });
  onTestFinished(() => void socket.destroy());
  let text = "";
  socket.on("data", (data) => {
    text += String(data);
  });
  socket.on("error", () => undefined);
  const credential = `authorization: Bearer ${token ?? ""}`;
  socket.write(
    `POST /api/v1/workspaces HTTP/1.1\r\nhost: x\r\n${credential}\r\ncontent-type: application/json\r\n${length}\r\n\r\n`,
  );
  return { socket, heard: () => text };
}

const long = (bytes: number): string => `content-length: ${bytes}`;

async function held(): Promise<number> {
  const text = await (await fetch(`${server.url}/metrics`)).text();
  const line = text.split("\n").find((one) => one.startsWith("prewarm_http_body_bytes "));
  return Number(line?.split(" ")[1] ?? Number.NaN);
}

test("one person's bodies have a bound together, those of others go on, and it is free again when they are gone", async () => {
  const mallory = await server.member("mallory");
  const first = begin(mallory.token, long(200 * kibibyte));
  await waitUntil("it is held", async () => (await held()) === 200 * kibibyte);
  const second = begin(mallory.token, long(100 * kibibyte));
  await waitUntil("it is refused", () => second.heard().includes("requestId"));
  expect(second.heard()).toMatch(/^HTTP\/1\.1 429 /);
  expect(second.heard()).toMatch(/retry-after: 1\r\n/i);
  expect(second.heard()).toContain('"code":"too_many_open"');
  const other = await server.member("alice");
  expect(await other.call("listWorkspaces", {})).toMatchObject({ workspaces: [] });
  const others = begin(other.token, long(100 * kibibyte));
  await waitUntil("it is held, too", async () => (await held()) === 300 * kibibyte);
  for (const { socket } of [first, others]) socket.destroy();
  await waitUntil("nothing is held", async () => (await held()) === 0);
  const again = begin(mallory.token, long(100 * kibibyte));
  await waitUntil("he sends again", async () => (await held()) === 100 * kibibyte);
  again.socket.destroy();
  await waitUntil("nothing is held", async () => (await held()) === 0);
});

test("a body that does not say how long it is counts as long as it may be, and one alone always goes", async () => {
  const person = await server.member("carol");
  const chunked = begin(person.token, "transfer-encoding: chunked");
  await waitUntil("it is held", async () => (await held()) === 1_024 * kibibyte);
  const small = begin(person.token, long(10));
  await waitUntil("it is refused", () => small.heard().includes("requestId"));
  expect(small.heard()).toMatch(/^HTTP\/1\.1 429 /);
  chunked.socket.destroy();
  await waitUntil("nothing is held", async () => (await held()) === 0);
});

test("the last quarter of what all may send is for who has nothing under way", async () => {
  const people = await Promise.all(["p1", "p2"].map(async (name) => await server.member(name)));
  const sendings = people.map(({ token }) => begin(token, long(190 * kibibyte)));
  await waitUntil("they are held", async () => (await held()) === 380 * kibibyte);
  const more = begin(people[0]?.token, long(40 * kibibyte));
  await waitUntil("it is refused", () => more.heard().includes("requestId"));
  expect(more.heard()).toMatch(/^HTTP\/1\.1 503 /);
  expect(more.heard()).toContain('"code":"server_full"');
  const newcomer = await server.member("p3");
  const first = begin(newcomer.token, long(100 * kibibyte));
  await waitUntil("it is held", async () => (await held()) === 480 * kibibyte);
  for (const { socket } of [...sendings, first]) socket.destroy();
  await waitUntil("nothing is held", async () => (await held()) === 0);
});
