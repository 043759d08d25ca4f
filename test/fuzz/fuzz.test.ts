import { afterAll, beforeAll, expect, test } from "vitest";
import { fuzzRequests } from "./fuzz-run.ts";
import { fuzzSockets } from "./fuzz-sockets.ts";
import { createWorld, sendRaw, type World } from "./world.ts";

/** By hand: `npm run fuzz -- --requests 50000 --seed 7`. */
const requests = Number(process.env["FUZZ_REQUESTS"] ?? 15_000);
const seed = Number(process.env["FUZZ_SEED"] ?? 1);
const msPerRequest = 60;
const limitMs = 120_000 + requests * msPerRequest;
/** They would end the sessions of those who ask. */
const except = new Set(["logout", "revokeToken"]);

let world: World;

beforeAll(async () => {
  world = await createWorld();
});

afterAll(async () => world.stop());

test(
  "no request, valid or not, is answered with a fault of the server, hangs, or changes anything when it is refused",
  async () => {
    const { findings, statuses, slowestMs, unreached } = await fuzzRequests(world, { requests, seed, except });
    const counts = [...statuses].sort().map(([status, count]) => `${status}: ${count}`);
    console.log(
      `${requests} requests, seed ${seed}; ${counts.join(", ")}; the slowest took ${Math.round(slowestMs)} ms; never granted: ${unreached.join(", ") || "none"}`,
    );
    expect(findings).toEqual([]);
  },
  limitMs,
);

test(
  "no frame, valid or not, ends a server or leaves behind what cannot be read",
  async () => {
    expect(await fuzzSockets(world, { frames: Math.ceil(requests / 10), seed })).toEqual([]);
  },
  limitMs,
);

test("nothing of all that made a controller fail", () => {
  const failed = world.server.logger.entries.filter(
    ({ level, message }) => level === "error" && message !== "a request failed",
  );
  expect([...new Set(failed.map(({ message, fields }) => `${message} ${JSON.stringify(fields)}`))]).toEqual([]);
});

test.each([
  ["no HTTP", "\0\0\0\0\r\n\r\n"],
  ["a header without end", `GET / HTTP/1.1\r\nhost: a\r\nx: ${"y".repeat(100_000)}`],
  ["two lengths", "POST /api/v1/auth/login HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n{}"],
  ["an unknown method", "BREW /api/v1/templates HTTP/1.1\r\nhost: a\r\n\r\n"],
  ["a target that is no path", "GET http://[::1 HTTP/1.1\r\nhost: a\r\n\r\n"],
])("%s on the wire is refused, and the server goes on", async (_, bytes) => {
  const said = await sendRaw(world.server.url, bytes, 2_000);
  expect(said).toMatch(/^(HTTP\/1\.1 4\d\d |$)/);
  expect((await fetch(new URL("/healthz", world.server.url))).status).toBe(200);
});
