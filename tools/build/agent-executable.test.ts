// What can be told without making one: a whole executable is made, run and served by the docker suite.
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { buildAgentExecutable } from "./agent-executable.mjs";

const root = mkdtempSync(path.join(tmpdir(), "prewarm-executable-"));
mkdirSync(path.join(root, "dist/bundle"), { recursive: true });
writeFileSync(path.join(root, "dist/bundle/agent.cjs"), "process.exit(3);\n");
afterAll(() => rmSync(root, { recursive: true }));

test("another system than Linux is refused", async () => {
  await expect(buildAgentExecutable({ root, platform: "darwin" })).rejects.toThrow("this is darwin");
});

test("a Node that cannot carry a program is refused, and nothing is left", async () => {
  const node = path.join(root, "node");
  writeFileSync(node, "a program without the mark");
  await expect(buildAgentExecutable({ root, node, platform: "linux" })).rejects.toThrow("cannot carry a program");
  expect(existsSync(path.join(root, "dist/agent-executable"))).toBe(false);
});
