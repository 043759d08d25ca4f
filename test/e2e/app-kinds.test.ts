// Apps with a health check, on a socket, and in a terminal, and addresses for programs: each over two servers.
import { randomUUID } from "node:crypto";
import { createServer, type Server, type ServerResponse } from "node:http";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { WebSocketServer } from "ws";
import { Client } from "../../src/client/client.ts";
import type { App } from "../../src/contracts/api/apps.ts";
import { systemRandom } from "../../src/platform/random.ts";
import { type AppAnswer, type AppQuestion, appSocket, askApp, upgradeStatus } from "../support/app-client.ts";
import { appHost } from "../support/app-host.ts";
import { twoServers } from "../support/claimed-workspace.ts";
import { cliBench } from "../support/cli-run.ts";
import type { ServerUnit, SeveralServers } from "../support/several-servers.ts";
import { TerminalViewer } from "../support/terminal-viewer.ts";
import { waitUntil } from "../support/wait-until.ts";

const testLimitMs = 120_000;

let system: SeveralServers;
/** The one has the daemon, and so the agents. */
let one: ServerUnit;
let other: ServerUnit;
let workspaceId: string;
const folder = mkdtempSync(path.join(tmpdir(), "prewarm-apps-"));
const socketPath = path.join(folder, "app.sock");
/** What the app's health check gets. */
let health = 503;
/** Both listen in the workspace: with this driver it is this machine. */
let web: Server;
let onSocket: Server;
let port: number;

beforeAll(async () => {
  const listener: Parameters<typeof createServer>[1] = (request, response) => {
    if (request.url === "/healthz") return void response.writeHead(health).end();
    response.end(JSON.stringify({ url: request.url, headers: request.headers }));
  };
  web = createServer(listener);
  onSocket = createServer(listener);
  new WebSocketServer({ server: web }).on("connection", (socket, request) => socket.send(request.url ?? ""));
  await new Promise<void>((resolve) => web.listen(0, "127.0.0.1", resolve));
  await new Promise<void>((resolve) => onSocket.listen(socketPath, resolve));
  // The workspace has an account of its own.
  chmodSync(folder, 0o755);
  chmodSync(socketPath, 0o777);
  port = (web.address() as { port: number }).port;
  ({ system, one, other, workspaceId } = await twoServers({
    template: `driver: process
presets: [ { name: one, prebuilds: { instances: 1 } } ]
agents:
  - name: main
    env: { GREETING: hello }
    apps:
      - name: web
        url: http://localhost:${port}
        healthcheck: { url: /healthz, interval: 1, timeout: 1, threshold: 1, required: true }
      - { name: sock, url: "unix:${socketPath}", host: localhost, healthcheck: { url: /healthz, interval: 1, threshold: 1 } }
      - { name: gone, url: "http://localhost:9", healthcheck: { interval: 1, threshold: 1 } }
      - { name: shell-app, display_name: Greeter, command: 'echo "app-$GREETING-$((40+2))"; read line', icon: /icon/x.svg, order: -1, open_in: window }
      - { name: secret, url: "http://localhost:${port}", hidden: true }
`,
  }));
}, testLimitMs);
afterAll(async () => {
  await system.close();
  for (const server of [web, onSocket]) {
    server.closeAllConnections();
    server.close();
  }
  rmSync(folder, { recursive: true, force: true });
}, testLimitMs);

const hostOf = (what: string, server = one): string => appHost(what, workspaceId, server.url);
const bearer = (client: Client): Record<string, string> => ({ authorization: `Bearer ${client.token ?? ""}` });
const navigation = { "sec-fetch-mode": "navigate", accept: "text/html" };
const ask = async (server: ServerUnit, what: string, question: Partial<AppQuestion> = {}): Promise<AppAnswer> =>
  await askApp({ url: server.url, host: hostOf(what, server), ...question });

async function appOf(server: ServerUnit, name: string): Promise<App> {
  const { apps } = await server.admin.call("listApps", { params: { workspace: "dev" } });
  const app = apps.find((one) => one.app === name);
  if (app === undefined) throw new Error(`there is no app ${name}`);
  return app;
}

const isUsable = async (server: ServerUnit): Promise<boolean> =>
  (await server.admin.call("getWorkspace", { params: { workspace: "dev" } })).isUsable;

test(
  "an app's health is seen on every server, and a workspace is usable while the one is healthy that it requires",
  async () => {
    for (const server of [one, other]) {
      await waitUntil("it is unhealthy", async () => (await appOf(server, "web")).health?.health === "unhealthy");
      expect((await appOf(server, "web")).health).toEqual({
        health: "unhealthy",
        detail: "it answers with status 503",
        isRequired: true,
      });
      expect(await isUsable(server)).toBe(false);
    }
    health = 200;
    for (const server of [other, one]) {
      await waitUntil("it is usable", async () => await isUsable(server));
      expect((await appOf(server, "web")).health).toMatchObject({ health: "healthy", detail: "" });
      await waitUntil(
        "the other is healthy, too",
        async () => (await appOf(server, "sock")).health?.health === "healthy",
      );
    }
  },
  testLimitMs,
);

test(
  "the command line shows it, and `create` says what it waits for",
  async () => {
    const bench = cliBench({ env: { PREWARM_URL: other.url, PREWARM_TOKEN: other.admin.token ?? "" } });
    onTestFinished(() => bench.dispose());
    await waitUntil("it is known", async () => (await appOf(other, "gone")).health?.health === "unhealthy");
    const listed = await bench.run("apps", "list", "dev");
    expect(listed.stdout).toMatch(/gone .*9 .*unhealthy: nothing listens/);
    expect(listed.stdout).toMatch(/shell-app .*in a terminal: prewarm open dev shell-app/);
    expect(listed.stdout).not.toContain("secret");
    expect(listed.stdout.indexOf("shell-app"), "by its order").toBeLessThan(listed.stdout.indexOf("gone"));
    const shown = await bench.run("show", "dev");
    expect(shown.stdout).toContain("gone unhealthy: nothing listens");
    health = 500;
    await waitUntil("prebuilds are checked, too", async () => {
      const { prebuilds } = await one.admin.call("listPrebuilds", { query: { state: "ready", template: "web" } });
      const views = prebuilds.map(({ workspaceId: workspace }) =>
        one.admin.call("getWorkspace", { params: { workspace } }),
      );
      const found = (await Promise.all(views)).map(({ agents }) => agents[0]?.appHealth?.["web"]?.health);
      return found.length > 0 && found.every((one) => one === "unhealthy" || one === "starting");
    });
    const created = bench.run("create", "second", "--template", "web");
    await waitUntil(
      "it says so",
      () => bench.written().stderr.includes("apps that its template requires: web ("),
      60_000,
    );
    health = 200;
    expect(await created).toMatchObject({ exitCode: 0 });
    await bench.run("delete", "second", "--yes");
  },
  testLimitMs,
);

test("a page of an app that cannot be reached says what its last check found, to programs as JSON", async () => {
  for (const server of [one, other]) {
    const headers = bearer(server.admin);
    const page = await waitUntil("its check is known there", async () => {
      const answer = await ask(server, "gone", { headers: { ...headers, ...navigation } });
      return String(answer.body).includes("The app is unhealthy") ? answer : undefined;
    });
    expect(page.status).toBe(502);
    expect(String(page.body)).toContain("Its last health check: unhealthy, nothing listens.");
    const { error } = (await ask(server, "gone", { headers })).json() as unknown as { error: object };
    expect(error).toMatchObject({
      code: "app_unreachable",
      details: { health: "unhealthy", lastCheck: "nothing listens" },
    });
  }
});

test("an app on a socket of the workspace is reached through every server", async () => {
  for (const server of [one, other]) {
    const { status, json, body } = await ask(server, "sock", { path: "/a?b=1", headers: bearer(server.admin) });
    expect(status, String(body)).toBe(200);
    expect(json()).toMatchObject({ url: "/a?b=1", headers: { host: "localhost" } });
  }
  expect(await appOf(one, "sock")).toMatchObject({ port: null, socket: socketPath, command: null });
  const bench = cliBench({ env: { PREWARM_URL: other.url, PREWARM_TOKEN: other.admin.token ?? "" } });
  onTestFinished(() => bench.dispose());
  const running = bench.run("open", "dev", "sock", "--no-browser");
  const url = await waitUntil("it is open", () => /http:\/\/\S+/.exec(bench.written().stdout)?.[0]);
  expect(await (await fetch(url)).json()).toMatchObject({ url: "/" });
  bench.raise("SIGINT");
  await running;
});

test("the audit log tells who opened an app, and from where, whichever server was asked", async () => {
  for (const server of [one, other]) await ask(server, "sock", { headers: bearer(server.admin) });
  const entries = await waitUntil("both have written it", async () => {
    const { entries: all } = await one.admin.call("listAudit", { query: { action: "workspace.enter" } });
    const found = all.filter(({ detail }) => detail["door"] === "app sock");
    return found.length < 2 ? undefined : found;
  });
  for (const entry of entries) {
    expect(entry).toMatchObject({ actor: "admin", target: { kind: "workspace" }, detail: { address: "127.0.0.1" } });
  }
});

test("an app that is a command has no page: its address says how it is opened", async () => {
  const headers = bearer(other.admin);
  const page = await ask(other, "shell-app", { headers: { ...headers, ...navigation } });
  expect(page.status).toBe(404);
  expect(String(page.body)).toContain("<code>prewarm open dev shell-app</code>");
  expect((await ask(other, "shell-app", { headers })).json().error.code).toBe("not_found");
  expect(await upgradeStatus(appSocket(other.url, hostOf("shell-app", other), headers))).toBe(404);
  expect(await appOf(one, "shell-app")).toMatchObject({
    url: null,
    port: null,
    displayName: "Greeter",
    icon: "/icon/x.svg",
    openIn: "window",
  });
  const share = { params: { workspace: "dev", app: "shell-app" }, body: { share: "public" } } as const;
  await expect(one.admin.call("setShare", share)).rejects.toMatchObject({ code: "invalid_request" });
});

test.each(["one", "other"] as const)(
  "an app's command runs in a terminal that is asked for by its name, through the server %s",
  async (name) => {
    const server = name === "one" ? one : other;
    const id = randomUUID();
    const at = { url: server.url, workspace: workspaceId, id, headers: bearer(server.admin) };
    const viewer = await new TerminalViewer({ ...at, query: { app: "shell-app" } }).attached();
    await viewer.shows("app-hello-42");
    const { terminals } = await server.admin.call("listTerminals", { params: { workspace: "dev" }, query: {} });
    expect(terminals.find((terminal) => terminal.id === id)).toMatchObject({
      name: "shell-app",
      command: 'echo "app-$GREETING-$((40+2))"; read line',
    });
    viewer.type("\n");
    await viewer.closed();
    for (const app of ["web", "nothing"]) {
      const refused = new TerminalViewer({ ...at, id: randomUUID(), query: { app } });
      await refused.closed();
      expect(refused.controls).toEqual([]);
    }
  },
  testLimitMs,
);

test(
  "`open` and `terminal --app` show a command's terminal, and come back to the one in which it runs",
  async () => {
    let isRaw = false;
    const bench = cliBench({
      env: { PREWARM_URL: other.url, PREWARM_TOKEN: other.admin.token ?? "" },
      isInputTerminal: true,
      isOutputTerminal: true,
      random: systemRandom,
      terminal: { setRaw: (value) => (isRaw = value), onResize: () => () => undefined },
    });
    onTestFinished(() => bench.dispose());
    const first = bench.run("open", "dev", "shell-app");
    await waitUntil("it runs", () => isRaw && bench.written().stdout.includes("app-hello-42"));
    bench.stdin.write("~.");
    expect((await first).exitCode).toBe(0);
    const before = await one.admin.call("listTerminals", { params: { workspace: "dev" }, query: {} });
    const second = bench.run("terminal", "dev", "--app", "shell-app");
    await waitUntil("it is back", () => isRaw);
    const after = await one.admin.call("listTerminals", { params: { workspace: "dev" }, query: {} });
    expect(after.terminals.map(({ id }) => id)).toEqual(before.terminals.map(({ id }) => id));
    bench.stdin.write("\r");
    expect((await second).exitCode).toBe(0);
    const refused = await bench.run("terminal", "dev", "--app", "web");
    expect(refused.stderr).toContain("opens in a browser");
  },
  testLimitMs,
);

async function linkOf(client: Client, app: string, expiresInSeconds = 600): Promise<{ url: URL; token: string }> {
  const params = { workspace: "dev", app };
  const { url, token } = await client.call("createAppLink", { params, body: { expiresInSeconds } });
  return { url: new URL(url), token };
}

test("a signed address opens its app on every server without a header, and the app never sees what was signed", async () => {
  const { url, token } = await linkOf(one.admin, "web");
  expect(url.host).toBe(hostOf("web"));
  expect(url.searchParams.get("prewarm_token")).toBe(token);
  for (const server of [one, other]) {
    const referer = `http://${hostOf("web", server)}/before?prewarm_token=${token}&b=2`;
    const answer = await ask(server, "web", { path: `/x?a=1&prewarm_token=${token}&c=%20`, headers: { referer } });
    expect(answer.status).toBe(200);
    expect(answer.json().url).toBe("/x?a=1&c=%20");
    expect(answer.headers["set-cookie"]).toBeUndefined();
    expect(String(answer.body)).not.toContain("prewarm_token");
    expect(answer.json().headers["referer"]).toBe(`http://${hostOf("web", server)}/before?b=2`);
  }
  const bench = cliBench({ env: { PREWARM_URL: other.url, PREWARM_TOKEN: other.admin.token ?? "" } });
  onTestFinished(() => bench.dispose());
  const printed = await bench.run("apps", "url", "dev", String(port), "--for", "15m");
  const { pathname, search, host } = new URL(printed.stdout.trim());
  expect((await askApp({ url: other.url, host, path: `${pathname}${search}` })).status).toBe(200);
  expect((await bench.run("apps", "url", "dev", "web", "--for", "2h")).exitCode).not.toBe(0);
});

test("it is for one app, and for its time", async () => {
  const { token } = await linkOf(one.admin, "web");
  for (const wrong of [token, `${token}x`, "", "a.b"]) {
    const answer = await ask(one, wrong === token ? "secret" : "web", { path: `/?prewarm_token=${wrong}` });
    expect([answer.status, answer.json().error.code]).toEqual([401, "unauthenticated"]);
  }
  const navigated = await ask(one, "secret", { path: `/?prewarm_token=${token}`, headers: navigation });
  expect(navigated.status, "nobody is sent to sign in with it").toBe(401);
  const short = await linkOf(one.admin, "web", 2);
  const socket = appSocket(other.url, hostOf("web", other), {}, `/socket?prewarm_token=${short.token}`);
  const first = new Promise<string>((resolve) => socket.once("message", (data) => resolve(String(data))));
  const closed = new Promise((resolve) => socket.once("close", resolve));
  expect(await first).toBe("/socket");
  await closed;
  await waitUntil("its time is over for requests, too", async () => {
    return (await ask(one, "web", { path: `/?prewarm_token=${short.token}` })).status === 401;
  });
});

test("it lets nobody start a workspace, and nobody but its owner makes one", async () => {
  const { token } = await linkOf(one.admin, "web");
  const headers = { origin: `http://${hostOf("web")}` };
  const started = await ask(one, "web", { method: "POST", path: `/_prewarm/start?prewarm_token=${token}`, headers });
  expect(started.status).toBe(403);
  await one.admin.call("createUser", { body: { username: "eve", password: "the password of eve" } });
  const login = { body: { username: "eve", password: "the password of eve" } };
  const { secret } = await new Client({ url: one.url, token: undefined }).call("login", login);
  const eve = new Client({ url: one.url, token: secret });
  const asked = { params: { workspace: "admin/dev", app: "web" }, body: {} };
  await expect(eve.call("createAppLink", asked)).rejects.toMatchObject({ code: "not_found" });
  const { entries } = await one.admin.call("listAudit", { query: { action: "workspace.link" } });
  expect(entries[0]).toMatchObject({ target: { name: "admin/dev" }, detail: { app: "web", agent: "main" } });
});

test(
  "a revoked token ends its addresses and what is open by them within five seconds, on the other server, too",
  async () => {
    const { token: made, secret } = await one.admin.call("createToken", { body: { name: "robot" } });
    const { token } = await linkOf(new Client({ url: one.url, token: secret }), "web");
    const path = `/socket?prewarm_token=${token}`;
    const open = [one, other].map((server) => appSocket(server.url, hostOf("web", server), {}, path));
    expect(await Promise.all(open.map(upgradeStatus))).toEqual([101, 101]);
    const closed = open.map((socket) => new Promise((resolve) => socket.once("close", resolve)));
    const begun = performance.now();
    await one.admin.call("revokeToken", { params: { tokenId: made.id } });
    await Promise.all(closed);
    for (const server of [one, other]) {
      await waitUntil("it is refused", async () => (await ask(server, "web", { path })).status === 401);
    }
    expect(performance.now() - begun).toBeLessThan(5_000);
  },
  testLimitMs,
);

test("sharing answers the address that is passed on to the others", async () => {
  const share = { params: { workspace: "dev", app: "3000" }, body: { share: "authenticated" } } as const;
  const { url } = await one.admin.call("setShare", share);
  expect(url).toMatch(/^http:\/\/3000-[0-9a-v]{26}\.apps\.localhost:\d+\/$/);
  await one.admin.call("removeShare", { params: share.params });
});

test("streams that rest between two requests keep no other port of the workspace out", async () => {
  let held: ServerResponse[] | undefined = [];
  const listen = async (): Promise<string> => {
    const listener = createServer((_, response) =>
      held === undefined ? response.end("at once") : held.push(response),
    );
    await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => {
      listener.closeAllConnections();
      listener.close();
    });
    return String((listener.address() as { port: number }).port);
  };
  const [first, second, third] = [await listen(), await listen(), await listen()];
  const headers = { authorization: `Bearer ${one.admin.token ?? ""}` };
  const statusOf = async (what: string): Promise<number> =>
    (await askApp({ url: one.url, host: appHost(what, workspaceId, one.url), headers })).status;
  // More than a workspace may have on one server.
  const all = [...Array.from({ length: 64 }, () => first), ...Array.from({ length: 50 }, () => second)];
  const refused: number[] = [];
  const asked = all.map(async (what) => {
    const status = await statusOf(what);
    if (status !== 200) refused.push(status);
  });
  await waitUntil("all are asked", () => (held?.length ?? 0) + refused.length === all.length);
  expect(new Set(refused)).toEqual(new Set([429]));
  expect(await statusOf(third)).toBe(429);
  for (const response of held) response.end("done");
  held = undefined;
  await Promise.all(asked);
  const others = await Promise.all(Array.from({ length: 30 }, async () => await statusOf(third)));
  expect(others).toEqual(others.map(() => 200));
});
