// How an agent looks after its apps: what it tells, when, and what is left of it.
import { createServer, type Server } from "node:http";
import path from "node:path";
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import type { AgentToServer } from "../../src/contracts/agent-protocol.ts";
import type { AppCheck } from "../../src/platform/manifest-apps.ts";
import { AgentBed } from "../support/running-agent.ts";
import { agentManifest, claimedBy } from "../support/scripted-agent-server.ts";

let bed: AgentBed;
/** What the app answers with; null: nothing at all. */
let status: number | null;
let asked: string[];

beforeEach(async () => {
  bed = new AgentBed();
  await bed.server.start();
  status = 200;
  asked = [];
});
afterEach(() => bed.close());

const until = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 10_000, interval: 5 });

async function listen(where: { readonly port: number } | { readonly path: string }): Promise<Server> {
  const server = createServer((request, response) => {
    asked.push(`${request.headers.host} ${request.url}`);
    if (status === null) return;
    response.writeHead(status).end("x".repeat(100_000));
  });
  await new Promise<void>((resolve) => server.listen({ ...where, host: "127.0.0.1" }, resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return server;
}

async function listenAnywhere(): Promise<number> {
  return ((await listen({ port: 0 })).address() as { port: number }).port;
}

function check(port: number, changes: Partial<AppCheck> = {}): AppCheck {
  const at = { kind: "tcp", port, isTls: false } as const;
  return { app: "code", at, path: "/healthz", intervalMs: 20, timeoutMs: 300, threshold: 2, ...changes };
}

function startWith(appChecks: readonly AppCheck[], record = claimedBy("anna")): void {
  bed.server.manifest = agentManifest({ appChecks: appChecks.map((one) => ({ ...one, at: { ...one.at } })) });
  bed.server.record = record;
  bed.start();
}

const told = (frames: readonly AgentToServer[] = bed.server.frames) =>
  frames.flatMap((frame) => (frame.kind === "apps" ? [frame.apps] : []));
const health = () =>
  told()
    .at(-1)
    ?.map(({ app, health: now, detail }) => [app, now, detail].join(" ").trim());

test("an app is starting, healthy and unhealthy, and what was not told changes nothing", async () => {
  status = 500;
  const port = await listenAnywhere();
  startWith([check(port, { intervalMs: 400 })]);
  await until(() => expect(health()).toEqual(["code starting it answers with status 500"]));
  status = 204;
  await until(() => expect(health()).toEqual(["code healthy"]));
  const count = told().length;
  const looks = asked.length;
  await until(() => expect(asked.length).toBeGreaterThan(looks + 1));
  expect(told()).toHaveLength(count);
  status = 404;
  await until(() => expect(health()).toEqual(["code unhealthy it answers with status 404"]));
  status = null;
  await until(() => expect(health()).toEqual(["code unhealthy no answer within 0.3 s"]));
  expect(new Set(asked)).toEqual(new Set([`localhost:${port} /healthz`]));
});

test("one failure is none: only as many in a row as the template says are", async () => {
  const port = await listenAnywhere();
  startWith([check(port, { threshold: 50 })]);
  await until(() => expect(health()).toEqual(["code healthy"]));
  status = 500;
  const looks = asked.length;
  await until(() => expect(asked.length).toBeGreaterThan(looks + 2));
  status = 200;
  const later = asked.length;
  await until(() => expect(asked.length).toBeGreaterThan(later + 60));
  expect(
    told()
      .flat()
      .map((one) => one.health),
  ).not.toContain("unhealthy");
});

test("it is told before the agent calls itself ready, and again with each connection", async () => {
  startWith([check(await listenAnywhere())]);
  await until(() => expect(bed.server.states().at(-1)).toBe("ready"));
  const kinds = bed.server.frames.map((frame) => (frame.kind === "state" ? frame.state : frame.kind));
  expect(kinds.indexOf("apps")).toBeLessThan(kinds.indexOf("ready"));
  await until(() => expect(health()).toEqual(["code healthy"]));
  const before = bed.server.frames.length;
  bed.server.cut();
  await until(() => expect(bed.server.frames.slice(before).map(({ kind }) => kind)).toContain("state"));
  const [first] = bed.server.frames.slice(before);
  expect(first).toEqual({ kind: "apps", apps: [{ app: "code", health: "healthy", detail: "" }] });
});

test("in a prebuild an app that waits for its owner is starting, however long; his claim gives it all of its time", async () => {
  status = 503;
  const socket = path.join(bed.folder, "app.sock");
  await listen({ path: socket });
  startWith([check(1, { at: { kind: "unix", path: socket } })], { ...claimedBy("anna"), generation: 0, owner: null });
  // Ten times what the template gives it.
  await until(() => expect(asked.length).toBeGreaterThan(20));
  expect(health()).toEqual(["code starting it answers with status 503"]);
  bed.server.record = claimedBy("anna");
  bed.server.send({ kind: "poke" });
  await until(() => expect(health()).toEqual(["code unhealthy it answers with status 503"]));
  status = 200;
  await until(() => expect(health()).toEqual(["code healthy"]));
  expect(asked.at(-1)).toBe("localhost /healthz");
});

test("an app is asked where it listens: by IPv6 as well, and below the home", async () => {
  const server = createServer((_, response) => response.end());
  await new Promise<void>((resolve) => server.listen(0, "::1", resolve));
  onTestFinished(() => void server.close());
  startWith([
    check((server.address() as { port: number }).port),
    check(1, { app: "sock", at: { kind: "unix", path: "~/app.sock" } }),
  ]);
  await until(() => expect(bed.server.states().at(-1)).toBe("ready"));
  await listen({ path: path.join(bed.home, "app.sock") });
  await until(() => expect(health()).toEqual(["code healthy", "sock healthy"]));
});

test("no request is left, and nothing waits, once the workspace has stopped", async () => {
  status = null;
  const server = await listen({ port: 0 });
  const { port } = server.address() as { port: number };
  startWith([check(port, { timeoutMs: 60_000, intervalMs: 3_600_000 }), check(1, { app: "b", intervalMs: 3_600_000 })]);
  await until(() => expect(asked.length).toBe(1));
  const begun = performance.now();
  await bed.stop();
  expect(performance.now() - begun).toBeLessThan(5_000);
  await until(() => server.getConnections((_, count) => expect(count).toBe(0)));
});
