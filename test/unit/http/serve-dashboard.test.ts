import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from "node:zlib";
import cookies from "@fastify/cookie";
import fastify, { type FastifyInstance } from "fastify";
import { afterAll, beforeAll, expect, test } from "vitest";
import { isAt, readDashboard } from "../../../src/http/dashboard/dashboard-files.ts";
import { dashboardAnswer } from "../../../src/http/dashboard/serve-dashboard.ts";

const folder = mkdtempSync(path.join(tmpdir(), "pw-dashboard-"));
const script = "export const word = 'word';\n".repeat(200);
const page = `<!doctype html><html><head><script type="module" src="./assets/index-a1.js"></script></head></html>`;
const pages = [
  { parts: ["workspaces"], asks: ["/api/v1/things?a=1&b=2"], scripts: ["assets/parts-b2.js", "assets/list-c3.js"] },
  { parts: ["@*", "*", "?"], asks: [], scripts: ["assets/one-d4.js"] },
];
const html = { accept: "text/html" };
const apps: FastifyInstance[] = [];
let app: FastifyInstance;

function serve(options: { readonly below?: string; readonly isMissing?: true } = {}): FastifyInstance {
  const { below = "", isMissing = false } = options;
  const made = fastify();
  void made.register(cookies);
  const answer = dashboardAnswer({
    files: isMissing ? null : readDashboard(folder),
    version: "1.2.3",
    below: () => below,
  });
  made.setNotFoundHandler((request, reply) => {
    if (!answer(request, reply)) void reply.code(404).send("nothing");
  });
  apps.push(made);
  return made;
}

beforeAll(() => {
  mkdirSync(path.join(folder, "assets"));
  writeFileSync(path.join(folder, "index.html"), page);
  writeFileSync(path.join(folder, "pages.json"), JSON.stringify(pages));
  writeFileSync(path.join(folder, "theme.js"), "theme");
  writeFileSync(path.join(folder, "assets/index-a1.js"), script);
  writeFileSync(path.join(folder, "assets/index-a1.js.br"), brotliCompressSync(script));
  writeFileSync(path.join(folder, "assets/index-a1.js.gz"), gzipSync(script));
  app = serve();
});
afterAll(async () => {
  for (const one of apps) await one.close();
  rmSync(folder, { recursive: true });
});

const asset = async (headers: Readonly<Record<string, string>> = {}) =>
  await app.inject({ url: "/assets/index-a1.js", headers });

test("what has a hash in its name is kept for good, and nothing else without being asked about", async () => {
  expect((await asset()).headers["cache-control"]).toBe("public, max-age=31536000, immutable");
  for (const url of ["/", "/theme.js"]) expect((await app.inject({ url })).headers["cache-control"]).toBe("no-cache");
});

test.each([
  ["br, gzip", "br", brotliDecompressSync],
  ["gzip", "gzip", gunzipSync],
  ["br;q=0, gzip;q=0.5", "gzip", gunzipSync],
  ["*", "br", brotliDecompressSync],
] as const)("who accepts %s gets it as %s, which is what it is plain", async (accepted, coding, unpack) => {
  const answer = await asset({ "accept-encoding": accepted });
  expect(answer.headers).toMatchObject({ "content-encoding": coding, vary: "accept-encoding" });
  expect(unpack(answer.rawPayload).toString()).toBe(script);
});

test.each([
  {},
  { "accept-encoding": "identity" },
  { "accept-encoding": "br;q=0, gzip;q=0.0" },
])("who accepts %j gets it plain", async (headers) => {
  const answer = await asset(headers);
  expect(answer.headers["content-encoding"]).toBeUndefined();
  expect(answer.body).toBe(script);
});

test("who has it already is told so, also by the weak name that a proxy made of it", async () => {
  const { etag } = (await asset()).headers;
  for (const known of [`${etag}`, `W/${etag}`, `"other", ${etag}`]) {
    const answer = await asset({ "if-none-match": known });
    expect([answer.statusCode, answer.body]).toEqual([304, ""]);
  }
  expect((await asset({ "if-none-match": '"other"' })).statusCode).toBe(200);
});

test("below a path of a reverse proxy the page looks for its files there, and knows where it is", async () => {
  const answer = await serve({ below: "/prewarm" }).inject({ url: "/workspaces", headers: html });
  expect(answer.body).toContain(`src="/prewarm/assets/index-a1.js"`);
  expect(answer.body).toContain(`<meta name="prewarm-base" content="/prewarm">`);
  expect((await app.inject({ url: "/@me/dev/terminal", headers: html })).body).toContain(`src="/assets/index-a1.js"`);
});

test("no page is framed by another, nor brings scripts of others", async () => {
  const { headers } = await app.inject({ url: "/workspaces", headers: html });
  expect(headers["content-security-policy"]).toMatch(/default-src 'none'; script-src 'self';.*frame-ancestors 'none'/);
});

test("a page is for browsers: programs, and what lies in the paths of others, get none", async () => {
  expect((await app.inject({ url: "/workspaces", headers: { accept: "application/json" } })).statusCode).toBe(404);
  for (const url of ["/api/v1/none", "/assets/none.js", "/metrics/none"]) {
    expect((await app.inject({ url, headers: html })).statusCode, url).toBe(404);
  }
  expect((await app.inject({ method: "POST", url: "/workspaces", headers: html })).statusCode).toBe(404);
});

test("a server whose dashboard was not built says what to do", async () => {
  const answer = await serve({ isMissing: true }).inject({ url: "/", headers: html });
  expect(answer.statusCode).toBe(503);
  expect(answer.body).toContain(`Run "npm run build"`);
});

const signedIn = { ...html, cookie: "prewarm_session=something" };
const early = `<link rel="modulepreload" href="/below/assets/parts-b2.js">
<link rel="modulepreload" href="/below/assets/list-c3.js">`;
const asked = `<link rel="preload" as="fetch" crossorigin href="/below/api/v1/things?a=1&amp;b=2">`;

test("a page names the scripts that it needs, and to whoever has a session what it asks first", async () => {
  const below = serve({ below: "/below" });
  const answer = await below.inject({ url: "/workspaces", headers: signedIn });
  expect(answer.body).toContain(`${asked}\n${early}\n</head>`);
  expect(answer.headers["vary"]).toBe("accept-encoding, cookie");
  expect((await below.inject({ url: "/@me/dev/terminal", headers: signedIn })).body).toContain("assets/one-d4.js");
});

test("where a search is wanted, or nobody is signed in, nothing is asked ahead", async () => {
  const below = serve({ below: "/below" });
  const answers = await Promise.all([
    below.inject({ url: "/workspaces", headers: html }),
    below.inject({ url: "/workspaces?q=dev", headers: signedIn }),
  ]);
  for (const { body } of answers) expect([body.includes(early), body.includes(`as="fetch"`)]).toEqual([true, false]);
  const { headers } = await below.inject({ url: "/workspaces", headers: signedIn });
  expect(answers[0]?.headers["etag"]).not.toBe(headers["etag"]);
});

test("a page that is not known is served as one without needs", async () => {
  const { body } = await app.inject({ url: "/no/such/page", headers: signedIn });
  expect([body.includes("modulepreload"), body.includes(`as="fetch"`)]).toEqual([false, false]);
});

test.each([
  ["/workspaces", ["workspaces"], true],
  ["/workspaces/x", ["workspaces"], false],
  ["/pools/a/b", ["pools", "*", "*", "?"], true],
  ["/pools/a/b/history", ["pools", "*", "*", "?"], true],
  ["/pools/a/b/history/x", ["pools", "*", "*", "?"], false],
  ["/pools/a", ["pools", "*", "*", "?"], false],
  ["/pools//b", ["pools", "*", "*", "?"], false],
  ["/@me/dev", ["@*", "*", "?"], true],
  ["/@/dev", ["@*", "*", "?"], false],
  ["/me/dev", ["@*", "*", "?"], false],
] as const)("whether %s is a page of %j: %s", (path, parts, isOne) => {
  expect(isAt({ parts, scripts: [], asks: [] }, path)).toBe(isOne);
});
