// Apps and ports in a browser's way, on two servers: sign-in, what goes through, who does not get in, and shares.
import { randomBytes } from "node:crypto";
import http, { type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { tunnelPath } from "../../src/contracts/tunnel.ts";
import { openTunnel } from "../../src/tunnel/tunnel-client.ts";
import { Client } from "../../src/client/client.ts";
import { type AppQuestion, appSocket, askApp, cookieIn, socketClosed, upgradeStatus } from "../support/app-client.ts";
import { appHost } from "../support/app-host.ts";
import { twoServers } from "../support/claimed-workspace.ts";
import type { ServerUnit, SeveralServers } from "../support/several-servers.ts";
import { waitUntil } from "../support/wait-until.ts";

const testLimitMs = 180_000;
const mebibyte = 1_048_576;
const bobsPassword = "the password of bob";

let system: SeveralServers;
/** The one has the daemon, and so the agents; apps are opened on the other, too. */
let one: ServerUnit;
let other: ServerUnit;
let workspaceId: string;
let bob: Client;
/** Listens in the workspace: with this driver it is this machine. */
let app: Server;
let appPort: number;
let answer: (request: IncomingMessage, response: ServerResponse) => void;
const sockets = new Set<Socket>();

beforeAll(async () => {
  app = http.createServer((request, response) => answer(request, response));
  app.on("connection", (socket) => void sockets.add(socket));
  const sessions = new WebSocketServer({ server: app });
  sessions.on("connection", (socket, request) => {
    socket.send(JSON.stringify(request.headers));
    socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
  await new Promise<void>((resolve) => app.listen(0, "127.0.0.1", resolve));
  appPort = (app.address() as { port: number }).port;
  ({ system, one, other, workspaceId } = await twoServers({
    template: `driver: process
presets: [ { name: one, prebuilds: { instances: 1 } } ]
agents:
  - name: main
    apps:
      - { name: code, display_name: Editor, url: "http://localhost:${appPort}/start?folder=a" }
      - { name: team, url: "http://localhost:${appPort}", share: organization, max_share: organization }
      - { name: open, url: "http://localhost:${appPort}", cors: passthrough }
      - { name: alone, url: "http://localhost:${appPort}", cors: none }
`,
  }));
  await one.admin.call("createUser", { body: { username: "bob", password: bobsPassword } });
  bob = await bobsSession();
}, testLimitMs);
afterAll(async () => {
  await system.close();
  for (const socket of sockets) socket.destroy();
  app.close();
}, testLimitMs);
beforeEach(() => {
  answer = (request, response) => response.end(JSON.stringify({ url: request.url, headers: request.headers }));
});

async function bobsSession(): Promise<Client> {
  const body = { username: "bob", password: bobsPassword };
  const { secret } = await new Client({ url: one.url, token: undefined }).call("login", { body });
  return new Client({ url: one.url, token: secret });
}

interface Asked extends Partial<Omit<AppQuestion, "url" | "host">> {
  readonly server?: ServerUnit;
  readonly what?: string;
}

const hostOf = (what = "code", server = one): string => appHost(what, workspaceId, server.url);
const originOf = (what?: string, server?: ServerUnit): string => `http://${hostOf(what, server)}`;
const bearer = (client: Client): Record<string, string> => ({ authorization: `Bearer ${client.token ?? ""}` });
const navigation = { "sec-fetch-mode": "navigate", accept: "text/html" };

const ask = ({ server = one, what, ...asked }: Asked = {}): ReturnType<typeof askApp> =>
  askApp({ url: server.url, host: hostOf(what, server), ...asked });

/** Goes where a browser goes. @returns the cookies that the app's host has set. */
async function signedIn(client: Client, what = "code", server = one): Promise<string> {
  const first = await ask({ server, what, path: "/deep?a=1", headers: navigation });
  expect(first.status).toBe(302);
  const nonce = cookieIn(first);
  const session = `prewarm_session=${client.token ?? ""}`;
  const there = await fetch(first.headers.location ?? "", { redirect: "manual", headers: { cookie: session } });
  expect(there.status).toBe(302);
  const back = new URL(there.headers.get("location") ?? "");
  expect(back.host).toBe(hostOf(what, server));
  const last = await ask({ server, what, path: `${back.pathname}${back.search}`, headers: { cookie: nonce } });
  expect(last).toMatchObject({ status: 302, headers: { location: "/deep?a=1" } });
  return cookieIn(last);
}

const servers = ["one", "other"] as const;
const named = (name: (typeof servers)[number]): ServerUnit => (name === "one" ? one : other);

test.each(servers)(
  "a browser is sent to sign in and comes back to where it was going, through the server %s",
  async (name) => {
    const server = named(name);
    const cookie = await signedIn(server.admin, "code", server);
    const { status, json } = await ask({ server, path: "/deep?a=1", headers: { cookie: `${cookie}; theirs=1` } });
    expect(status).toBe(200);
    expect(json().url).toBe("/deep?a=1");
    expect(json().headers).toMatchObject({
      host: hostOf("code", server),
      cookie: "theirs=1",
      "x-forwarded-host": hostOf("code", server),
      "x-forwarded-proto": "http",
      "x-forwarded-for": "127.0.0.1",
    });
  },
  testLimitMs,
);

test("without a session on the server's own page, the sign-in page stands before the code", async () => {
  const first = await ask({ headers: navigation });
  const there = await fetch(first.headers.location ?? "", { redirect: "manual" });
  expect(there.headers.get("location")).toMatch(/^\/sign-in\?to=%2Fapps%2Fauthorize/);
  // A page of the dashboard: where that is not built, the page says so. Either way no app of anybody's may frame it.
  const page = await fetch(new URL(there.headers.get("location") ?? "", one.url), { headers: { accept: "text/html" } });
  expect(page.headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
  expect(await page.text()).toMatch(/<div id="root">|dashboard was not built/);
});

test("a code is of use to the browser alone that began, at its own app, and codes of others are none", async () => {
  const first = await ask({ headers: navigation });
  const session = `prewarm_session=${one.admin.token ?? ""}`;
  const there = await fetch(first.headers.location ?? "", { redirect: "manual", headers: { cookie: session } });
  const { pathname, search } = new URL(there.headers.get("location") ?? "");
  const nonce = cookieIn(first);
  const back = (what: string, cookie: string) => ask({ what, path: `${pathname}${search}`, headers: { cookie } });
  expect((await back("code", "")).status).toBe(401);
  expect((await back("code", "prewarm_app_nonce=stolen")).status).toBe(401);
  expect((await back("team", nonce)).status).toBe(401);
  expect((await back("code", nonce)).status).toBe(302);
  const astray = `${pathname}${search.replace(/&to=.*/, "&to=/%09/evil.example")}`;
  expect((await ask({ path: astray, headers: { cookie: nonce } })).headers.location).toBe("/");
  const elsewhere = new URL(first.headers.location ?? "");
  const beside = `http://${hostOf().split(":")[0]}:1/`;
  for (const to of ["https://evil.example/", beside, "", `http://evil.example#.${hostOf()}`]) {
    elsewhere.searchParams.set("to", to);
    expect((await fetch(elsewhere, { redirect: "manual", headers: { cookie: session } })).status).toBe(400);
  }
});

test("what is no navigation is told, and never sent elsewhere", async () => {
  for (const headers of [{ "sec-fetch-mode": "cors" }, { accept: "*/*" }, {}]) {
    const { status, json, headers: got } = await ask({ headers });
    expect({ status, location: got.location, code: json().error.code }).toEqual({
      status: 401,
      location: undefined,
      code: "unauthenticated",
    });
  }
  expect((await ask({ method: "POST", headers: navigation })).status).toBe(401);
});

test("a program comes with its token, which the app does not see; a token of the app's own reaches it", async () => {
  const { json } = await ask({
    headers: { ...bearer(one.admin), "x-forwarded-user": "root", "x-prewarm-user": "root" },
  });
  expect(json().headers.authorization).toBeUndefined();
  expect(json().headers["x-prewarm-user"]).toBeUndefined();
  expect(json().headers["x-forwarded-user"]).toBeUndefined();
  const cookie = await signedIn(one.admin);
  const own = await ask({ headers: { cookie, authorization: "Bearer of-the-app" } });
  expect(own.json().headers.authorization).toBe("Bearer of-the-app");
  expect((await ask({ headers: { authorization: "Bearer pw_api_unknown" } })).status).toBe(401);
});

test("a port is reached without being declared, and sees localhost", async () => {
  const what = String(appPort);
  const headers = { ...bearer(one.admin), origin: originOf(what), referer: `${originOf(what)}/page` };
  const { json } = await ask({ what, headers });
  expect(json().headers).toMatchObject({
    host: `localhost:${appPort}`,
    origin: `http://localhost:${appPort}`,
    referer: `http://localhost:${appPort}/page`,
  });
  // code-server and Next.js compare the origin with it where it is there, and refuse what differs.
  expect(json().headers).not.toHaveProperty("x-forwarded-host");
  answer = (_, response) =>
    response
      .writeHead(302, {
        location: `http://localhost:${appPort}/next?a=1`,
        "set-cookie": ["kept=1; Domain=localhost; Path=/", "wide=1; Domain=apps.localhost", "prewarm_app=mine"],
      })
      .end();
  const moved = await ask({ what, headers: bearer(one.admin) });
  expect(moved.headers.location).toBe(`${originOf(what)}/next?a=1`);
  expect(moved.headers["set-cookie"]).toEqual(["kept=1; Path=/"]);
});

test.each(servers)(
  "bodies of any length go through as they come, both ways, through the server %s",
  async (name) => {
    const server = named(name);
    answer = (request, response) => {
      response.setHeader("trailer", "x-sum");
      request.pipe(response, { end: false });
      request.once("end", () => {
        response.addTrailers({ "x-sum": "whole" });
        response.end();
      });
    };
    const body = randomBytes(64 * mebibyte);
    for (const headers of [{ "content-length": String(body.length) }, { "transfer-encoding": "chunked" }]) {
      const got = await ask({ server, method: "POST", headers: { ...bearer(server.admin), ...headers }, body });
      expect(got.status).toBe(200);
      expect(got.body.equals(body)).toBe(true);
    }
  },
  testLimitMs,
);

test("an event stream is shown as it comes, and its app knows when its reader has gone", async () => {
  let isGone = false;
  answer = (request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write("data: 1\n\n");
    request.socket.setNoDelay(true);
    response.once("close", () => (isGone = true));
  };
  const { hostname, port } = new URL(one.url);
  const first = await new Promise<string>((resolve, reject) => {
    const request = http.request({ hostname, port, headers: { host: hostOf(), ...bearer(one.admin) } }, (response) => {
      response.once("data", (piece) => {
        resolve(String(piece));
        request.destroy();
      });
      response.on("error", () => undefined);
    });
    request.on("error", reject);
    request.end();
  });
  expect(first).toBe("data: 1\n\n");
  await waitUntil("the app knows", () => Promise.resolve(isGone || undefined));
});

/** What is open is ended by it within five seconds. What was ended before would be another fault. */
async function expectEnded(open: readonly WebSocket[], end: () => Promise<unknown>): Promise<void> {
  for (const { readyState } of open) expect(readyState).toBe(WebSocket.OPEN);
  const begun = performance.now();
  await end();
  await Promise.all(open.map(socketClosed));
  expect(performance.now() - begun).toBeLessThan(5_000);
}

const webSocket = (server: ServerUnit, what: string, headers: Readonly<Record<string, string>>): WebSocket =>
  appSocket(server.url, hostOf(what, server), headers);

test.each(
  servers,
)("a WebSocket goes through the server %s, with a cookie only from the app's own pages", async (name) => {
  const server = named(name);
  const cookie = await signedIn(server.admin, "code", server);
  const socket = webSocket(server, "code", { cookie, origin: originOf("code", server) });
  const messages: string[] = [];
  socket.on("message", (data) => messages.push(String(data)));
  socket.once("open", () => socket.send("hello"));
  await waitUntil("it is echoed", () => Promise.resolve(messages.length > 1 || undefined));
  expect(messages[1]).toBe("hello");
  expect(JSON.parse(messages[0] ?? "")).not.toHaveProperty("cookie");
  expect(await upgradeStatus(webSocket(server, "code", { cookie, origin: "http://evil.example" }))).toBe(403);
  expect(await upgradeStatus(webSocket(server, "code", { cookie }))).toBe(403);
  expect(await upgradeStatus(webSocket(server, "code", {}))).toBe(401);
  expect(await upgradeStatus(webSocket(server, "code", bearer(server.admin)))).toBe(101);
});

test("pages of the owner's other apps may use an app, those of anybody else may not", async () => {
  const cookie = await signedIn(one.admin);
  const from = (origin: string) =>
    ask({ headers: { cookie, origin, "sec-fetch-site": "same-site", "sec-fetch-mode": "cors" } });
  const own = await from(originOf("team"));
  expect(own.status).toBe(200);
  expect(own.headers["access-control-allow-origin"]).toBe(originOf("team"));
  expect((await from(originOf("code"))).headers["access-control-allow-origin"]).toBeUndefined();
  expect((await from("http://evil.example")).status).toBe(403);
  expect((await from("null")).status).toBe(403);
  const image = { cookie, "sec-fetch-site": "same-site", "sec-fetch-mode": "no-cors" };
  expect((await ask({ headers: image })).status).toBe(403);
  expect((await ask({ headers: { ...image, referer: `${originOf("team")}/page` } })).status).toBe(200);
  const preflight = { "access-control-request-method": "PUT", "access-control-request-headers": "x-a" };
  const allowed = await ask({ method: "OPTIONS", headers: { ...preflight, origin: originOf("team") } });
  expect(allowed).toMatchObject({
    status: 204,
    headers: {
      "access-control-allow-origin": originOf("team"),
      "access-control-allow-methods": "PUT",
      "access-control-allow-headers": "x-a",
      "access-control-allow-credentials": "true",
    },
  });
  expect((await ask({ method: "OPTIONS", headers: { ...preflight, origin: "http://evil.example" } })).status).toBe(403);
});

test("an app that answers for itself (`passthrough`) does so, to preflights as well, and one that is `none` opens to no other page", async () => {
  const asking = { "access-control-request-method": "PUT", origin: "http://evil.example" };
  answer = (request, response) => {
    response.setHeader("access-control-allow-origin", request.headers.origin ?? "*");
    response.setHeader("x-visitor", request.headers["x-prewarm-user"] ?? "nobody");
    response.end(`${request.method} by the app`);
  };
  const asked = await ask({ what: "open", method: "OPTIONS", headers: asking });
  expect([asked.status, String(asked.body)]).toEqual([200, "OPTIONS by the app"]);
  expect(asked.headers["access-control-allow-origin"]).toBe("http://evil.example");
  expect((await ask({ what: "open", headers: { origin: asking.origin } })).status, "only the question").toBe(401);
  const body = { ...asking, "content-length": "1" };
  expect((await ask({ what: "open", method: "OPTIONS", headers: body, body: Buffer.from("x") })).status).toBe(401);
  const cookie = await signedIn(one.admin, "open");
  const used = await ask({ what: "open", method: "PUT", headers: { cookie, origin: asking.origin } });
  expect([used.status, used.headers["access-control-allow-origin"]]).toEqual([200, asking.origin]);
  const origin = originOf("code");
  const alone = { what: "alone", headers: { cookie: await signedIn(one.admin, "alone"), origin } };
  expect((await ask(alone)).status).toBe(403);
  expect((await ask({ what: "alone", method: "OPTIONS", headers: { ...asking, origin } })).status).toBe(403);
});

test("who may read an answer is said once, also where the app says it, and where there is no answer", async () => {
  const origin = originOf("team");
  answer = (_, response) => response.setHeader("access-control-allow-origin", "*").end();
  const got = await ask({ headers: { ...bearer(one.admin), origin } });
  expect(got.headers["access-control-allow-origin"]).toBe(origin);
  const unknown = await ask({ headers: { origin } });
  expect([unknown.status, unknown.headers["access-control-allow-origin"]]).toEqual([401, origin]);
  const stranger = await ask({ headers: { origin: "http://evil.example" } });
  expect([stranger.status, stranger.headers["access-control-allow-origin"]]).toEqual([401, undefined]);
});

test("nobody but its owner opens an app that is not shared, administrators not excepted", async () => {
  const refused = await ask({ headers: bearer(bob) });
  expect(refused.status).toBe(403);
  expect(refused.json().error.code).toBe("forbidden");
  const page = await ask({ headers: { ...navigation, ...bearer(bob) } });
  expect(String(page.body)).toContain("This is not shared with you.");
  const mine = await bob.call("createWorkspace", { body: { name: "mine", template: "web" } });
  const host = appHost("code", mine.workspace.id, one.url);
  expect((await ask({ headers: { ...bearer(one.admin), host } })).status).toBe(403);
});

test("what its template shares with the organization its members open, and the app is told who they are", async () => {
  const { status, json } = await ask({ what: "team", headers: bearer(bob) });
  expect(status).toBe(200);
  expect(json().headers["x-prewarm-user"]).toBe("bob");
  expect((await ask({ what: "team" })).status).toBe(401);
});

test(
  "an owner shares a port and takes it back, and what is open then ends within five seconds on every server",
  async () => {
    const app = String(appPort);
    const params = { workspace: "dev", app };
    for (const server of [one, other])
      expect((await ask({ server, what: app, headers: bearer(bob) })).status).toBe(403);
    await one.admin.call("setShare", { params, body: { share: "authenticated" } });
    expect(await one.admin.call("listShares", {})).toMatchObject({
      total: 1,
      shares: [{ workspace: "dev", owner: "admin", app, share: "authenticated", expiresAt: null }],
    });
    const open: WebSocket[] = [];
    for (const server of [one, other]) {
      await waitUntil("the server knows", async () => {
        const { status } = await ask({ server, what: app, headers: bearer(bob) });
        return status === 200 || undefined;
      });
      const socket = webSocket(server, app, bearer(bob));
      expect(await upgradeStatus(socket)).toBe(101);
      open.push(socket);
    }
    await expectEnded(open, () => one.admin.call("removeShare", { params, query: {} }));
    for (const server of [one, other])
      expect((await ask({ server, what: app, headers: bearer(bob) })).status).toBe(403);
    const { shares } = await one.admin.call("listShares", {});
    expect(shares).toEqual([]);
  },
  testLimitMs,
);

test("a share ends by itself, with what is open by it, and none goes beyond what template and server allow", async () => {
  const params = { workspace: "dev", app: "code" };
  await one.admin.call("setShare", { params, body: { share: "authenticated", expiresInSeconds: 3 } });
  const status = async () => (await ask({ headers: bearer(bob) })).status;
  await waitUntil("it is shared", async () => ((await status()) === 200 ? true : undefined));
  // No news come of an end: what is open then is looked at now and then.
  const open = webSocket(one, "code", bearer(bob));
  expect(await upgradeStatus(open)).toBe(101);
  await waitUntil("it is over", async () => ((await status()) === 403 ? true : undefined));
  await socketClosed(open);
  expect(await one.admin.call("listShares", {})).toEqual({ shares: [], total: 0 });
  const beyond = one.admin.call("setShare", { params: { ...params, app: "team" }, body: { share: "authenticated" } });
  await expect(beyond).rejects.toMatchObject({ code: "share_beyond_limit" });
  await expect(one.admin.call("setShare", { params, body: { share: "public" } })).rejects.toMatchObject({
    code: "share_beyond_limit",
  });
  await expect(
    bob.call("setShare", { params: { workspace: "admin/dev", app: "code" }, body: { share: "owner" } }),
  ).rejects.toMatchObject({ code: "not_found" });
});

test(
  "whoever an app is shared with cannot take all streams of its workspace, and its owner still gets in",
  async () => {
    const open = Array.from({ length: 120 }, () => webSocket(one, "team", bearer(bob)));
    const statuses = await Promise.all(open.map(upgradeStatus));
    // Some of the hundred may rest from the requests of before.
    expect(statuses.filter((status) => status === 101).length).toBeLessThanOrEqual(100);
    expect(new Set(statuses)).toEqual(new Set([101, 429]));
    const stream = await openTunnel({
      url: `${one.url.replace("http", "ws")}${tunnelPath(workspaceId)}`,
      token: one.admin.token ?? "",
      agent: null,
      service: { kind: "echo" },
    });
    stream.destroy();
    for (const socket of open) socket.terminate();
    await waitUntil("there is room again", async () => {
      const { status } = await ask({ what: "team", headers: bearer(bob) });
      return status === 200 || undefined;
    });
  },
  testLimitMs,
);

test("a server that stops lets go of what is open to apps, and is not held up by it", async () => {
  const third = await system.addServer("third", { env: { PREWARM_PROVISIONER_BUILTIN: "false" } });
  const socket = webSocket(third, "code", bearer(third.admin));
  expect(await upgradeStatus(socket)).toBe(101);
  const exited = new Promise((resolve) => third.process.child.once("exit", resolve));
  await expectEnded([socket], async () => {
    third.process.child.kill("SIGTERM");
    await exited;
  });
});

test("a session that is ended ends what is open to apps through every server", async () => {
  const guest = await bobsSession();
  const open = [one, other].map((server) => webSocket(server, "team", bearer(guest)));
  expect(await Promise.all(open.map(upgradeStatus))).toEqual([101, 101]);
  await expectEnded(open, () => guest.call("logout", {}));
});

test("a page says what is wrong: nothing listens, nothing is there, an app that breaks off", async () => {
  const nothing = await ask({ what: "9", headers: { ...navigation, ...bearer(one.admin) } });
  expect(nothing.status).toBe(502);
  expect(String(nothing.body)).toContain("Port 9 of the workspace cannot be reached");
  for (const host of [
    appHost("code", "00000000-0000-4000-8000-000000000000", one.url),
    hostOf("nothing"),
    "a.apps.localhost",
  ]) {
    expect((await ask({ headers: { host } })).status).toBe(404);
  }
  answer = (request) => void request.socket.destroy();
  expect((await ask({ headers: bearer(one.admin) })).status).toBe(502);
});

test("apps and ports are listed with their addresses", async () => {
  const { apps } = await one.admin.call("listApps", { params: { workspace: "dev" } });
  expect(apps.map(({ app: name, displayName, url, share }) => ({ name, displayName, url, share }))).toEqual([
    { name: "alone", displayName: "alone", url: `${originOf("alone")}/`, share: "owner" },
    { name: "code", displayName: "Editor", url: `${originOf("code")}/start?folder=a`, share: "owner" },
    { name: "open", displayName: "open", url: `${originOf("open")}/`, share: "owner" },
    { name: "team", displayName: "team", url: `${originOf("team")}/`, share: "organization" },
  ]);
  for (const server of [one, other]) {
    const { ports } = await server.admin.call("listPorts", { params: { workspace: "dev" }, query: {} });
    expect(ports.find(({ port }) => port === appPort)).toMatchObject({ agent: "main", share: "owner" });
  }
  await expect(bob.call("listPorts", { params: { workspace: "admin/dev" }, query: {} })).rejects.toMatchObject({
    code: "not_found",
  });
});

test("what is neither whole nor HTTP on an app's host ends nobody else's connection", async () => {
  const { port } = new URL(one.url);
  const socket = connect(Number(port), "127.0.0.1");
  socket.on("error", () => undefined);
  socket.write(
    `POST / HTTP/1.1\r\nHost: ${hostOf()}\r\nAuthorization: Bearer ${one.admin.token}\r\nContent-Length: 1000\r\n\r\nhalf`,
  );
  const isAsked = new Promise((resolve) => (answer = (request) => void request.once("close", resolve)));
  setTimeout(() => socket.destroy(), 200);
  await isAsked;
  answer = (_, response) => response.end("{}");
  expect((await ask({ headers: bearer(one.admin) })).status).toBe(200);
});
