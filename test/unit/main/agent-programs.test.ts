import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createAgentPrograms } from "../../../src/main/agent-programs.ts";
import { silentLogger } from "../../../src/platform/logger.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), "pw-programs-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** Programs of a machine of this kind, whose builder runs this script; it counts its runs in a file. */
function programs(script: string, machine = { platform: "linux", architecture: "x64" }) {
  const counted = `require("fs").appendFileSync(${JSON.stringify(path.join(root, "runs"))}, "x"); ${script}`;
  return createAgentPrograms({ logger: silentLogger, root, builder: [process.execPath, "-e", counted], ...machine });
}

const runs = (): number => readFileSync(path.join(root, "runs"), "utf8").length;
const made = { path: "/agent", gzipPath: "/agent.gz", sha256: "ab", bytes: 2, gzipBytes: 1 };
const print = `console.log(${JSON.stringify(JSON.stringify(made))})`;

test("the executable is made once, however many ask at once and later", async () => {
  const { executable } = programs(print);
  const all = await Promise.all([executable("x64"), executable("x64"), executable("x64")]);
  all.push(await executable("x64"));
  for (const file of all) {
    expect(file).toEqual({ path: "/agent", sha256: "ab", bytes: 2, gzip: { path: "/agent.gz", bytes: 1 } });
  }
  expect(runs()).toBe(1);
});

test("a failure tells the reason, and the next request tries again", async () => {
  const { executable } = programs(`console.error("the disk is full"); process.exitCode = 1`);
  for (const count of [1, 2]) {
    await expect(executable("x64")).rejects.toMatchObject({
      code: "agent_executable_unavailable",
      message: expect.stringContaining("the disk is full"),
    });
    expect(runs()).toBe(count);
  }
});

test.each([
  [{ platform: "linux", architecture: "x64" }, "arm64"],
  [{ platform: "darwin", architecture: "x64" }, "x64"],
])("on %j there is none for linux-%s, and it says what to do", async (machine, architecture) => {
  await expect(programs(print, machine).executable(architecture)).rejects.toMatchObject({
    code: "agent_executable_unavailable",
    next: expect.stringContaining(`linux-${architecture}`),
  });
});

test("the bundle is told with its checksum, and its absence with what to do", async () => {
  const { bundle } = programs(print);
  await expect(bundle()).rejects.toMatchObject({ code: "agent_executable_unavailable", next: "Run `npm run build`." });
  mkdirSync(path.join(root, "dist/bundle"), { recursive: true });
  writeFileSync(path.join(root, "dist/bundle/agent.mjs"), "hello");
  expect(await bundle()).toMatchObject({
    bytes: 5,
    sha256: "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
  });
});
