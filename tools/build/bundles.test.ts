// Bundles are made from small sources and run: what is bundled, and what stays an import of what the compiler made.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bundleAll, bundleOne } from "./bundles.mjs";

const root = mkdtempSync(path.join(tmpdir(), "prewarm-bundle-"));

const sources = {
  "package.json": `{ "type": "module" }`,
  "src/main/cli.ts": `import { word } from "../cli/word.ts";\nimport { Command } from "commander";
const { server } = await import("./server.ts");\nconst { transfer } = await import("./db-transfer.ts");
console.log(word, typeof Command, server, transfer);\n`,
  "src/cli/word.ts": `export const word: string = "bundled";\n`,
  "src/main/server.ts": `import { word } from "../cli/word.ts";\nexport const server: string = "server: " + word;\n`,
  "src/main/db-transfer.ts": `export const transfer: string = "source";\n`,
  "src/main/agent.ts": `import { WebSocket } from "ws";\nconsole.log(typeof WebSocket);\n`,
  "bench/main.ts": `import { word } from "../src/cli/word.ts";\nimport { size } from "./size.ts";\nconsole.log(word, size);\n`,
  "bench/size.ts": "export const size: number = 10;\n",
  // What the compiler would have made: told apart by its words.
  "dist/main/server.js": `export const server = "compiled";\n`,
  "dist/main/db-transfer.js": `export const transfer = "compiled";\n`,
  "dist/cli/word.js": `export const word = "compiled";\n`,
};

beforeAll(async () => {
  for (const [name, text] of Object.entries(sources)) {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    writeFileSync(path.join(root, name), text);
  }
  symlinkSync(path.resolve(import.meta.dirname, "../../node_modules"), path.join(root, "node_modules"));
  await bundleAll({ root, targets: ["product", "bench"] });
  // A bundle that leans on installed packages or on the sources would fail from here on.
  rmSync(path.join(root, "node_modules"));
  rmSync(path.join(root, "src"), { recursive: true });
});

afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

function run(file: string): string {
  const done = spawnSync(process.execPath, [path.join(root, file)], { encoding: "utf8", cwd: tmpdir() });
  return done.stdout + done.stderr;
}

test("the CLI holds its packages, and loads the server's bundle, and what has none as compiled, when asked", () => {
  expect(run("dist/bundle/cli.mjs")).toBe("bundled function server: bundled compiled\n");
  expect(readFileSync(path.join(root, "dist/bundle/cli.mjs"), "utf8")).not.toContain("server: ");
});

test("the agent is one file that needs nothing beside it", () => {
  expect(run("dist/bundle/agent.mjs")).toBe("function\n");
  expect(readFileSync(path.join(root, "dist/bundle/agent.mjs"), "utf8")).not.toMatch(/from "ws"/);
});

test("the agent is there for a single executable too, in the only format that Node takes into one", () => {
  expect(run("dist/bundle/agent.cjs")).toBe("function\n");
  expect(readFileSync(path.join(root, "dist/bundle/agent.cjs"), "utf8")).not.toMatch(/^import /m);
});

test.each([
  "esm",
  "cjs",
] as const)("what the agent loads late brings neither its schemas nor itself to the start (%s)", async (format) => {
  const checkout = path.resolve(import.meta.dirname, "../..");
  const file = path.join(root, `whole-agent.${format}`);
  const to = path.relative(checkout, file);
  await bundleOne({
    root: checkout,
    entry: { target: "product", from: "src/main/agent.ts", to, compiled: "none", packages: "bundle", format },
  });
  // What a late import reaches is wrapped, to be evaluated when it is asked for. Of a library of schemas that is all of it,
  // and it is asked for at the start: two megabytes in the memory of each agent.
  const text = readFileSync(file, "utf8");
  const wrapped = [...text.matchAll(/__(?:esm|commonJS)\(\{"([^"]+)"/g)].map(([, name = ""]) => name);
  expect(wrapped.filter((name) => name.includes("typebox"))).toEqual([]);
  expect(wrapped).toEqual(expect.arrayContaining([expect.stringContaining("ssh2/lib/server.js")]));
  expect(wrapped).toEqual(expect.arrayContaining([expect.stringContaining("src/agent/ssh/ssh-server.ts")]));
});

test("what OpenSSH starts for each connection brings neither schemas nor the command line", async () => {
  const checkout = path.resolve(import.meta.dirname, "../..");
  const file = path.join(root, "ssh-proxy.mjs");
  const to = path.relative(checkout, file);
  await bundleOne({
    root: checkout,
    entry: { target: "product", from: "src/main/ssh-proxy.ts", to, compiled: "none", packages: "bundle" },
  });
  const text = readFileSync(file, "utf8");
  expect(text).not.toMatch(/typebox|commander|fastify/);
  // 120 kB of which `ws` is the most; the whole command line has more than a megabyte.
  expect(text.length).toBeLessThan(200_000);
  const ran = spawnSync(process.execPath, [file, "ssh", "--stdio"], { encoding: "utf8" });
  expect(ran).toMatchObject({ status: 255, stdout: "" });
  expect(ran.stderr).toMatch(/^prewarm: It takes one host/);
});

test("a benchmark measures what the compiler made", () => {
  expect(run("dist/bench/main.mjs")).toBe("compiled 10\n");
});

test("a program that has no source yet is passed over", async () => {
  const empty = mkdtempSync(path.join(tmpdir(), "prewarm-bundle-empty-"));
  await expect(bundleAll({ root: empty, targets: ["product", "bench"] })).resolves.toBeUndefined();
  rmSync(empty, { recursive: true });
});
