// What the files of a version are, what differs between two, and what a promotion would do.
import { afterAll, beforeAll, expect, test } from "vitest";
import { startHttpDaemon } from "../support/http-daemon.ts";
import { tarArchive } from "../support/tar-archive.ts";
import { startTestServer, type TestServer } from "../support/test-server.ts";

let server: TestServer;
const yaml = (cost: number): string =>
  `driver: fake\nagents: [{ name: main }]\ncost: ${cost}\npresets: [{ name: small, prebuilds: { instances: 0 } }]\n`;

beforeAll(async () => {
  server = await startTestServer();
  const daemon = await startHttpDaemon(server.admin, server.client, () => ({ kind: "succeeded", claimEffect: "none" }));
  for (const cost of [1, 2]) {
    const bytes = new Uint8Array(
      tarArchive([
        { path: "template.yaml", content: yaml(cost) },
        { path: "README.md", content: `# Costs ${cost}\n` },
        { path: "logo.bin", content: "\0\u0001" },
        ...(cost === 2 ? [{ path: "bin/new", content: "new\n", mode: 0o755 }] : []),
      ]),
    );
    await server.admin.call("pushTemplate", { params: { template: "web" }, query: { activate: cost === 1 }, bytes });
    await daemon.workOff();
  }
});
afterAll(async () => server.stop());

const second = { template: "web", version: "2" };

test("a version's files are listed with their sizes, by path", async () => {
  const { files, total } = await server.admin.call("listVersionFiles", { params: second, query: {} });
  expect(total).toBe(4);
  expect(files.map(({ path }) => path)).toEqual(["README.md", "bin/new", "logo.bin", "template.yaml"]);
  expect(files[1]).toEqual({ path: "bin/new", bytes: 4, isExecutable: true });
});

test("a file's text is answered, and of one that is none that it is none", async () => {
  const query = (path: string) => ({ params: second, query: { path } });
  expect(await server.admin.call("getVersionFile", query("README.md"))).toMatchObject({
    text: "# Costs 2\n",
    isCut: false,
  });
  expect(await server.admin.call("getVersionFile", query("logo.bin"))).toMatchObject({ text: null });
  await expect(server.admin.call("getVersionFile", query("none"))).rejects.toMatchObject({ code: "not_found" });
});

test("the difference from the active version is told in files and in meaning, with what a promotion does", async () => {
  const diff = await server.admin.call("diffVersion", { params: second, query: {} });
  expect(diff.against?.number).toBe(1);
  expect(diff.files.map(({ path, change }) => [path, change])).toEqual([
    ["README.md", "changed"],
    ["bin/new", "added"],
    ["template.yaml", "changed"],
  ]);
  expect(diff.files[2]?.patch).toContain("+cost: 2");
  expect(diff.meaning).toEqual([
    { part: "template", name: "", change: "changed", fields: [{ field: "cost", before: "1", after: "2" }] },
  ]);
  expect(diff.promotion.pools).toEqual([{ preset: "small", effect: "replaced", ready: 0 }]);
});

test("another version to compare with can be named, and the first one has none before it", async () => {
  const first = { template: "web", version: "1" };
  const before = await server.admin.call("diffVersion", { params: first, query: { against: "previous" } });
  expect(before.against).toBeNull();
  expect(before.files.every(({ change }) => change === "added")).toBe(true);
  const later = await server.admin.call("diffVersion", { params: first, query: { against: "2" } });
  expect(later.files.find(({ path }) => path === "bin/new")?.change).toBe("removed");
});

test("the readme is the active version's", async () => {
  const { text } = await server.admin.call("getTemplateReadme", { params: { template: "web" }, query: {} });
  expect(text).toBe("# Costs 1\n");
});
