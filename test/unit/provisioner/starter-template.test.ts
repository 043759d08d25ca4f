import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Check } from "typebox/value";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { parse } from "yaml";
import { Manifest } from "../../../src/contracts/manifest.ts";
import { packFolder } from "../../../src/platform/archive/pack-folder.ts";
import { readArchiveEntry } from "../../../src/platform/archive/archive-entry.ts";
import { unpackArchive } from "../../../src/platform/archive/unpack-archive.ts";
import { silentLogger } from "../../../src/platform/logger.ts";
import { seededRandom } from "../../../src/platform/random.ts";
import { ProcessDriver } from "../../../src/provisioner/drivers/process/process-driver.ts";
import { buildContext } from "../../support/build-context.ts";
import { bundleProgram } from "../../support/bundled-program.ts";
import { agentManifest, claimedBy, ScriptedAgentServer } from "../../support/scripted-agent-server.ts";

const starter = path.resolve(import.meta.dirname, "../../../templates/starter");
const until = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 15_000, interval: 10 });

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "prewarm-starter-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function starterManifest(): Promise<Manifest> {
  const text = await readArchiveEntry((await packFolder(starter)).bytes, "template.yaml");
  const manifest: unknown = parse(String(text));
  expect(Check(Manifest, manifest)).toBe(true);
  return manifest as Manifest; // checked in the line above
}

test("the starter template is a valid one, with a pool of two", async () => {
  const manifest = await starterManifest();
  expect(manifest.presets).toMatchObject([{ name: "small", default: true, prebuilds: { instances: 2 } }]);
});

test("a workspace of the starter template is warmed, handed over, and works", async () => {
  const manifest = await starterManifest();
  const hooks = manifest.agents?.[0]?.hooks;
  const template = path.join(folder, "template");
  mkdirSync(template);
  await unpackArchive((await packFolder(starter)).bytes, template);
  const program = path.join(folder, "agent.mjs");
  await bundleProgram("src/main/agent.ts", program);
  const server = new ScriptedAgentServer();
  const parameters = { greeting: "Hello", size: "1000" };
  server.manifest = agentManifest({
    directory: manifest.agents?.[0]?.directory ?? "",
    parameters,
    hooks: {
      prewarm: { run: hooks?.prewarm?.run ?? "", timeoutMs: 60_000 },
      claim: { run: hooks?.claim?.run ?? "", timeoutMs: 60_000 },
    },
  });
  await server.start();
  const driver = new ProcessDriver({
    root: path.join(folder, "workspaces"),
    agentCommand: [process.execPath, program],
    hostEnvironment: process.env,
    logger: silentLogger,
    random: seededRandom(1),
  });
  await driver.open();
  const context = buildContext({ workspaceId: "starter-1", template, accessUrl: server.url });
  try {
    await driver.apply(context);
    await until(() => expect(server.states()).toContain("ready"));
    server.record = { ...claimedBy("ada"), parameters };
    server.send({ kind: "poke" });
    await until(() => expect(server.acknowledgements).toEqual([{ generation: 1, error: null }]));
    server.send({ kind: "exec_start", execId: "report", command: ["bin/report"], env: {} });
    await until(() => expect(server.exit("report")).toMatchObject({ exitCode: 0 }));
    expect(server.output("report").toString()).toBe("1000 records are ready\n");
    const project = path.join(folder, "workspaces/starter-1/home/project");
    expect(readFileSync(path.join(project, "GREETING"), "utf8")).toMatch(/^Hello, ada Example!\n.*dev, warmed at 20/);
    expect(statSync(path.join(project, "README.md")).mode & 0o200).toBe(0o200);
  } finally {
    await driver.destroy(context);
    await driver.close();
    await server.stop();
  }
});
