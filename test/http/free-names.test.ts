// Presets and parameters that are called as people call things: over HTTP and at the command line (decision 0077).
import { afterAll, beforeAll, expect, test } from "vitest";
import { cliBench } from "../support/cli-run.ts";
import { startHttpDaemon } from "../support/http-daemon.ts";
import { tarArchive } from "../support/tar-archive.ts";
import { startTestServer, type TestServer } from "../support/test-server.ts";

const manifest = {
  driver: "fake",
  agents: [{ name: "main" }],
  parameters: [
    {
      name: "Machine Image",
      display_name: "Image",
      order: 5,
      default: "ubuntu",
      options: [{ name: "Ubuntu 24.04", value: "ubuntu", description: "The *usual* one" }, { value: "debian" }],
    },
    { name: "Is public instance?", type: "bool", default: false, order: 1 },
    { name: "a=b", default: "", ephemeral: true },
  ],
  presets: [
    {
      name: "GoLand: Large",
      icon: "/icon/goland.svg",
      parameters: { "Machine Image": "debian" },
      prebuilds: { instances: 1 },
    },
    { name: "A/B 50 % ü?#&+", prebuilds: { instances: 0 } },
    { name: "C++", prebuilds: { instances: 0 } },
    { name: "C#", prebuilds: { instances: 0 } },
    { name: "🚀", prebuilds: { instances: 0 } },
  ],
};
const names = manifest.presets.map(({ name }) => name);

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  const daemon = await startHttpDaemon(server.admin, server.client, () => ({ kind: "succeeded", claimEffect: "none" }));
  const bytes = new Uint8Array(tarArchive([{ path: "template.yaml", content: JSON.stringify(manifest) }]));
  await server.admin.call("pushTemplate", { params: { template: "web" }, query: {}, bytes });
  await daemon.workOff();
});
afterAll(async () => server.stop());

/** A command line of the administrator, whose words these are. */
async function prewarm(...words: readonly string[]) {
  const { secret } = await server.admin.call("createToken", { body: { name: "cli" } });
  const bench = cliBench({ env: { PREWARM_URL: server.url, PREWARM_TOKEN: secret } });
  try {
    return await bench.run(...words);
  } finally {
    bench.dispose();
  }
}

test.each(names)("every route of the pool %s finds it by its name", async (preset) => {
  const params = { template: "web", preset };
  const { admin } = server;
  expect((await admin.call("explainPool", { params, query: {} })).pool.preset).toBe(preset);
  expect(await admin.call("poolSchedule", { params, query: {} })).toHaveProperty("now");
  expect(await admin.call("poolHistory", { params, query: {} })).toHaveProperty("points");
  expect(await admin.call("poolDecisions", { params, query: {} })).toHaveProperty("decisions");
  expect((await admin.call("resumePool", { params, query: {} })).preset).toBe(preset);
  expect(await admin.call("invalidatePrebuilds", { body: params, query: {} })).toMatchObject({ presets: 1 });
  expect(await admin.call("cleanPrebuilds", { body: params, query: {} })).toMatchObject({ deleting: 0 });
  expect(await admin.call("listPrebuilds", { query: params })).toHaveProperty("prebuilds");
});

test.each([
  ["goland-large", "GoLand: Large"],
  ["a-b-50-u", "A/B 50 % ü?#&+"],
])("the slug %s calls %s, in routes, in filters and in creations", async (preset, name) => {
  const params = { template: "web", preset };
  expect((await server.admin.call("explainPool", { params, query: {} })).pool.preset).toBe(name);
  const { prebuilds } = await server.admin.call("listPrebuilds", { query: params });
  expect(new Set(prebuilds.map((one) => one.preset))).toEqual(new Set(name === "GoLand: Large" ? [name] : []));
  const preview = await server.admin.call("previewWorkspace", { body: { name: "dev", template: "web", preset } });
  expect(preview.preset).toBe(name);
});

test("a slug that two presets have calls neither, and the answer names them", async () => {
  const params = { template: "web", preset: "c" };
  await expect(server.admin.call("explainPool", { params, query: {} })).rejects.toMatchObject({
    code: "not_found",
    next: expect.stringContaining("C++"),
  });
});

test("a template's detail has the icons, orders and labels of its manifest", async () => {
  const detail = await server.admin.call("getTemplate", { params: { template: "web" }, query: {} });
  expect(detail.presets.map(({ name, icon }) => [name, icon])).toEqual(
    names.map((name) => [name, name === "GoLand: Large" ? "/icon/goland.svg" : ""]),
  );
  expect(detail.manifest?.parameters?.[0]).toEqual(manifest.parameters[0]);
});

test("parameters with such names are given and kept as they are", async () => {
  const parameters = { "Machine Image": "debian", "Is public instance?": "true", "a=b": "c" };
  const { workspace } = await server.admin.call("createWorkspace", {
    body: { name: "odd", template: "web", preset: "🚀", parameters },
  });
  expect(workspace).toMatchObject({ preset: "🚀", parameters });
});

test("a command line takes both names as they are, and the slug", async () => {
  const explained = async (pool: string) => (await prewarm("prebuilds", "explain", pool)).stdout;
  expect(await explained("web/GoLand: Large")).toContain('Preset "GoLand: Large" of template "web"');
  expect(await explained("web/goland-large")).toContain('Preset "GoLand: Large" of template "web"');
  expect(await explained("web/A/B 50 % ü?#&+")).toContain('Preset "A/B 50 % ü?#&+" of template "web"');
  const words = ["create", "dev", "-t", "web", "--dry-run", "--json", "--preset", "C#"];
  const { stdout } = await prewarm(...words, "--parameter", "Machine Image=debian", "--parameter", "a\\=b=x=y");
  expect(JSON.parse(stdout)).toMatchObject({
    preset: "C#",
    parameters: { "Machine Image": "debian", "Is public instance?": "false", "a=b": "x=y" },
  });
});

test("a refusal says which of such parameters it is about", async () => {
  const { exitCode, stderr } = await prewarm("create", "dev", "-t", "web", "--parameter", "Machine Image=windows");
  expect(exitCode).not.toBe(0);
  expect(stderr).toContain('Parameter "Machine Image": the value "windows" is not one of the options');
  // And what may be chosen instead, as the template's form says it.
  expect(stderr).toMatch(/ubuntu +Ubuntu 24\.04 +The \*usual\* one/);
  expect(stderr).not.toContain("Is public instance?");
});

test("what a creation would be made with is said in the words of the template's form, in its order", async () => {
  const { stdout } = await prewarm("create", "dev", "-t", "web", "--dry-run", "--preset", "GoLand: Large");
  expect(stdout).toContain(
    ["parameters:", '  a=b: ""', "  Is public instance?: false", "  Image (Machine Image): debian"].join("\n"),
  );
  const other = await prewarm("create", "dev", "-t", "web", "--dry-run", "--preset", "🚀");
  expect(other.stdout).toContain("  Image (Machine Image): Ubuntu 24.04 (ubuntu)");
});

test("a template is shown with its parameters in order, what they are called, and what may be chosen", async () => {
  const { stdout } = await prewarm("templates", "show", "web");
  const rows = stdout.split("\n").map((line) => line.split(/\s{2,}/));
  const first = rows.findIndex(([title]) => title === "PARAMETER");
  expect(rows.slice(first, first + 4)).toEqual([
    ["PARAMETER", "SHOWN AS", "TYPE", "DEFAULT", "CHOICES", "CHANGES", "DESCRIPTION"],
    ["a=b", "–", "string", '""', "–", "asked at each start"],
    ["Is public instance?", "–", "bool", "false", "–", "at a start"],
    ["Machine Image", "Image", "string", "ubuntu", "ubuntu, debian", "at a start"],
  ]);
  expect(stdout).toContain('Choices of "Machine Image":');
  expect(rows).toContainEqual(["ubuntu", "Ubuntu 24.04", "The *usual* one"]);
});

test("the command line sets a pool beside the template by its preset's name, and takes it back", async () => {
  const asked = ["--instances", "2", "--schedule", "* 8-18 * * 1-5=3", "--timezone", "Europe/Berlin", "--ttl", "24h"];
  const set = await prewarm("prebuilds", "set", "web", "--preset", "GoLand: Large", ...asked, "--json");
  expect(set.exitCode, set.stderr).toBe(0);
  expect(JSON.parse(set.stdout)).toMatchObject({ preset: "GoLand: Large", template: "web" });
  const refused = await prewarm("prebuilds", "set", "web/C++", "--instances", "1", "--schedule", "at noon");
  expect(refused).toMatchObject({ exitCode: 2 });
  expect(refused.stderr).toContain('--schedule is "at noon"');
  const unset = await prewarm("prebuilds", "unset", "web/goland-large");
  expect(unset.exitCode, unset.stderr).toBe(0);
  expect(unset.stdout).toContain("web/GoLand: Large is again as its template says");
});
