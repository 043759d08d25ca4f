// What a member may read: nothing of other people, and nothing of what a template's authors put into its workspaces.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Client } from "../../src/client/client.ts";
import { type RouteId, routes } from "../../src/contracts/api/routes.ts";
import type { RouteDefinition } from "../../src/contracts/api/route.ts";
import { packFolder } from "../../src/platform/archive/pack-folder.ts";
import { startHttpDaemon } from "../support/http-daemon.ts";
import { startTestServer, type TestServer } from "../support/test-server.ts";
import { waitUntil } from "../support/wait-until.ts";

const secret = "s3cr3t-of-the-template";
const other = "zelda";
const manifest = `
name: web
driver: fake
agents:
  - name: main
    env: { API_KEY: ${secret} }
    hooks: { start: { run: "echo ${secret}" }, claim: { run: "echo ${secret}" } }
presets:
  - name: large
    prebuilds: { instances: 1 }
`;

let server: TestServer;
let member: Client;

async function publish(author: Client): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), "member-sees-"));
  writeFileSync(path.join(folder, "template.yaml"), manifest);
  const { bytes } = await packFolder(folder);
  rmSync(folder, { recursive: true });
  await author.call("pushTemplate", { params: { template: "web" }, bytes });
}

beforeAll(async () => {
  server = await startTestServer({ prebuildsReconciliationIntervalMs: 200 });
  const author = await server.member(other, "template_admin");
  member = await server.member("mallory");
  await publish(author);
  const daemon = await startHttpDaemon(server.admin, server.client, (work) =>
    work.kind === "build"
      ? { kind: "failed", error: { code: "build_failed", message: `the last line: ${secret}` } }
      : { kind: "succeeded" },
  );
  await server.admin.call("createGroup", { body: { name: "team" } });
  await server.admin.call("addGroupMembers", { params: { group: "team" }, body: { usernames: [other, "mallory"] } });
  await waitUntil("a prebuild has failed", async () => {
    await daemon.workOff();
    const { pools } = await server.admin.call("listPools", { query: {} });
    return pools.some((pool) => pool.lastFailure?.error.includes(secret) === true);
  });
  await server.admin.call("pausePrebuilds", {});
});
afterAll(async () => server.stop());

const names: Readonly<Record<string, string>> = { template: "web", preset: "large", group: "team" };

/** Everything that a member may read, by its route. */
async function readings(client: Client): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const all = Object.entries(routes as Readonly<Record<string, RouteDefinition>>) as [RouteId, RouteDefinition][];
  const readable = all.filter(
    ([, route]) => route.method === "GET" && route.credential === "user" && route.transport === undefined,
  );
  for (const [id, route] of readable) {
    const url = route.path.replace(
      /:(\w+)/g,
      (_, name: string) => names[name] ?? "00000000-0000-4000-8000-00000000dead",
    );
    const answer = await fetch(new URL(url, server.url), { headers: { authorization: `Bearer ${client.token}` } });
    if (answer.status === 200) found.set(id, await answer.text());
  }
  return found;
}

test("no list, detail or explanation that a member reads has another's name or a template's secret", async () => {
  const seen = await readings(member);
  const needed = ["getTemplate", "listTemplateVersions", "listTemplates", "listPools", "listPrebuilds", "getGroup"];
  expect(needed.filter((id) => !seen.has(id))).toEqual([]);
  const telling = [...seen].filter(
    ([, text]) => text.includes(secret) || text.includes(other) || text.includes('"admin"'),
  );
  expect(telling.map(([id]) => id)).toEqual([]);
});

test("what a member chooses by is still there", async () => {
  const detail = await member.call("getTemplate", { params: { template: "web" }, query: {} });
  expect(detail.presets.map(({ name }) => name)).toEqual(["large"]);
  expect(detail.manifest).toMatchObject({ driver: "fake", agents: [{ name: "main" }] });
  const { pools } = await member.call("listPools", { query: {} });
  expect(pools[0]?.lastFailure?.error).toContain("Template admins");
  const { members } = await member.call("getGroup", { params: { group: "team" }, query: {} });
  expect(members.map(({ username }) => username)).toEqual(["mallory"]);
});

test("template admins and administrators see all of it", async () => {
  const seen = await readings(server.admin);
  expect(seen.get("getTemplate")).toContain(secret);
  expect(seen.get("listPools")).toContain(secret);
  expect(seen.get("getGroup")).toContain(other);
});
