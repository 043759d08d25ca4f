// `prewarm open`: an app or a port of a workspace in the browser of the person's own machine, without a domain for apps.
import { createServer, type Server } from "node:http";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { claimDev } from "../support/claimed-workspace.ts";
import { type CliBench, cliBench } from "../support/cli-run.ts";
import { type ServerUnit, SeveralServers } from "../support/several-servers.ts";
import { waitUntil } from "../support/wait-until.ts";

const testLimitMs = 120_000;

let system: SeveralServers;
let server: ServerUnit;
/** Listens in the workspace: with this driver it is this machine. */
let app: Server;
let port = 0;

beforeAll(async () => {
  app = createServer((request, response) => response.end(`${request.headers.host} asked for ${request.url}`));
  await new Promise<void>((resolve) => app.listen(0, "127.0.0.1", resolve));
  port = (app.address() as { port: number }).port;
  system = await SeveralServers.start();
  server = await system.addServer("one");
  await claimDev(
    system,
    server,
    `driver: process
presets: [ { name: one, prebuilds: { instances: 1 } } ]
agents:
  - name: main
    apps:
      - { name: code, url: "http://localhost:${port}/start?folder=a" }
      - { name: safe, url: "https://localhost:${port}" }
`,
  );
}, testLimitMs);
afterAll(async () => {
  await system.close();
  app.close();
}, testLimitMs);

interface Opened {
  readonly bench: CliBench;
  readonly shown: readonly string[];
}

function benchWith(isBrowserThere = true): Opened {
  const shown: string[] = [];
  const bench = cliBench({
    env: { PREWARM_URL: server.url, PREWARM_TOKEN: server.admin.token ?? "" },
    openUrl: async (url) => {
      shown.push(url);
      return isBrowserThere;
    },
  });
  onTestFinished(() => bench.dispose());
  return { bench, shown };
}

async function addressOf({ bench }: Opened): Promise<string> {
  return await waitUntil("it is open", () => {
    const { stdout, stderr } = bench.written();
    return stderr.includes("until Ctrl-C") ? /https?:\/\/\S+/.exec(stdout)?.[0] : undefined;
  });
}

test("a port is shown in the browser at a free port of this machine, until Ctrl-C", async () => {
  const opened = benchWith();
  const running = opened.bench.run("open", "dev", String(port));
  const url = new URL(await addressOf(opened));
  expect(opened.shown).toEqual([url.href]);
  expect(Number(url.port), "the next free one").toBeGreaterThan(port);
  expect(await (await fetch(url)).text()).toBe(`${url.host} asked for /`);
  opened.bench.raise("SIGINT");
  expect(await running).toMatchObject({ exitCode: 0, stdout: `${url.href}\n` });
  await expect(fetch(url)).rejects.toThrow();
});

test("an app is shown at the path that its template says, also where no browser can be started", async () => {
  const opened = benchWith(false);
  const running = opened.bench.run("open", "dev", "code");
  const url = await addressOf(opened);
  expect(await (await fetch(url)).text()).toContain("asked for /start?folder=a");
  opened.bench.raise("SIGTERM");
  expect((await running).stderr).toContain("No browser could be started");
});

test.each([["safe"], ["TLS"]])("what speaks TLS is opened so: %s", async (what) => {
  const opened = benchWith();
  const running = opened.bench.run("open", "dev", what === "TLS" ? `${port}s` : what, "--no-browser");
  expect(await addressOf(opened)).toMatch(/^https:\/\/127\.0\.0\.1:\d+\/$/);
  expect(opened.shown).toEqual([]);
  opened.bench.raise("SIGINT");
  await running;
});

test("programs get the address as one document", async () => {
  const { bench } = benchWith();
  const running = bench.run("open", "dev", "code", "--no-browser", "--json");
  const text = await waitUntil("it is open", () => bench.written().stdout || undefined);
  const { url, localPort } = JSON.parse(text);
  expect(JSON.parse(text)).toEqual({ workspace: "dev", port, localPort, url });
  expect(url).toBe(`http://127.0.0.1:${localPort}/start?folder=a`);
  bench.raise("SIGINT");
  expect(await running).toMatchObject({ exitCode: 0, stderr: "" });
});

test.each([
  ["a port on which nothing listens", "1", "Nothing listens at localhost:1 in the workspace"],
  ["what to look at then", "1", "`prewarm ports list dev`"],
  ["an app that there is not", "nothing", 'dev has no app "nothing".'],
])("%s is said before a browser is troubled", async (_, what, message) => {
  const { bench, shown } = benchWith();
  const ran = await bench.run("open", "dev", what);
  expect(ran).toMatchObject({ exitCode: 1, stdout: "" });
  expect(ran.stderr).toContain(message);
  expect(shown).toEqual([]);
});

test.each([["0"], ["65536"], ["A b"]])('"%s" is neither a port nor an app', async (word) => {
  const { bench } = benchWith();
  expect(await bench.run("open", "dev", word)).toMatchObject({ exitCode: 2 });
});
