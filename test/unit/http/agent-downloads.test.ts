import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import fastify, { type FastifyInstance } from "fastify";
import { afterAll, beforeAll, expect, test } from "vitest";
import { registerAgentDownloads } from "../../../src/http/agent-downloads.ts";

const folder = mkdtempSync(path.join(tmpdir(), "pw-downloads-"));
const content = Buffer.from("a program ".repeat(1_000));
const sha256 = "ab".repeat(32);
let app: FastifyInstance;

beforeAll(async () => {
  const plain = path.join(folder, "agent");
  const packed = path.join(folder, "agent.gz");
  writeFileSync(plain, content);
  writeFileSync(packed, gzipSync(content));
  const file = { path: plain, bytes: content.length, sha256 };
  const gzip = { path: packed, bytes: gzipSync(content).length };
  app = fastify();
  registerAgentDownloads(app, {
    bundle: async () => file,
    executable: async (architecture) => {
      if (architecture !== "x64") throw new Error(`none for ${architecture}`);
      return { ...file, gzip };
    },
  });
  await app.ready();
});

afterAll(async () => {
  await app.close();
  rmSync(folder, { recursive: true });
});

const url = "/bin/prewarm-agent-linux-x64";
const get = async (where: string, headers: Readonly<Record<string, string>> = {}, method: "GET" | "HEAD" = "GET") =>
  await app.inject({ method, url: where, headers });

test("the executable comes plain to whoever cannot unpack it", async () => {
  const answer = await get(url);
  expect(answer.statusCode).toBe(200);
  expect(answer.rawPayload.equals(content)).toBe(true);
  expect(answer.headers).toMatchObject({
    "content-type": "application/octet-stream",
    "content-length": String(content.length),
    etag: `"${sha256}"`,
    vary: "accept-encoding",
  });
});

test.each(["gzip", "deflate, gzip;q=0.5", "*"])("it comes packed to whoever accepts %s", async (accepted) => {
  const answer = await get(url, { "accept-encoding": accepted });
  expect(answer.headers).toMatchObject({ "content-encoding": "gzip", etag: `"${sha256}-gzip"` });
  expect(gunzipSync(answer.rawPayload).equals(content)).toBe(true);
});

test.each(["gzip;q=0", "br", "identity"])("it comes plain to whoever accepts %s", async (accepted) => {
  expect((await get(url, { "accept-encoding": accepted })).headers).not.toHaveProperty("content-encoding");
});

test("whoever has it already is told so, and gets nothing", async () => {
  const answer = await get(url, { "if-none-match": `"other", W/"${sha256}"` });
  expect(answer.statusCode).toBe(304);
  expect(answer.body).toBe("");
  expect((await get(url, { "if-none-match": '"other"' })).statusCode).toBe(200);
});

test("HEAD tells of it without sending it", async () => {
  const answer = await get(url, {}, "HEAD");
  expect(answer.statusCode).toBe(200);
  expect(answer.headers["content-length"]).toBe(String(content.length));
  expect(answer.body).toBe("");
});

test("its checksum is told in the form of sha256sum", async () => {
  expect((await get(`${url}.sha256`)).body).toBe(`${sha256}  prewarm-agent-linux-x64\n`);
});

test("the bundle is a script", async () => {
  const answer = await get("/bin/prewarm-agent.mjs", { "accept-encoding": "gzip" });
  expect(answer.headers["content-type"]).toBe("text/javascript; charset=utf-8");
  expect(answer.rawPayload.equals(content)).toBe(true);
});

test("an executable that cannot be made is an error, and not an empty file", async () => {
  expect((await get("/bin/prewarm-agent-linux-arm64")).statusCode).toBe(500);
});
