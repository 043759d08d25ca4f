// Which scripts the agent answers itself, and that they say what the command says.
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { StatSource } from "../../../src/agent/coder/stat-readings.ts";
import { takeSample } from "../../../src/agent/scripts/metadata-sampler.ts";
import { ownStat } from "../../../src/agent/scripts/own-stat.ts";
import { SecretMasks } from "../../../src/agent/secret-mask.ts";

const source: StatSource = {
  read: (file) => (file === "/proc/meminfo" ? "MemTotal: 16777216 kB\nMemAvailable: 12582912 kB\n" : null),
  disk: () => ({ blocks: 10, bfree: 4, bsize: 1_024 ** 3 }),
  nowMs: () => 0,
  sleep: async () => undefined,
};

/** A workspace's variables, with the folders of the command and of the template's scripts in front. */
function environment() {
  const root = mkdtempSync(path.join(tmpdir(), "prewarm-own-stat-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const [scripts, commands] = [path.join(root, "scripts"), path.join(root, "commands")];
  for (const folder of [scripts, commands]) mkdirSync(folder);
  const command = path.join(commands, "coder");
  // Says that it was run: what the agent answers itself does not begin with it.
  program(commands, 'echo "run: $*"');
  const PATH = `${scripts}:${commands}:/usr/bin:/bin`;
  return { scripts, variables: { HOME: root, CODER_SCRIPT_BIN_DIR: scripts, PREWARM_CODER_PROGRAM: command, PATH } };
}

function program(folder: string, text: string): void {
  writeFileSync(path.join(folder, "coder"), `#!/bin/sh\n${text}\n`);
  chmodSync(path.join(folder, "coder"), 0o755);
}

test.each([
  ["coder stat mem", "4/16 GiB (25%)"],
  ["\n  coder stat mem  --host\n", "4/16 GiB (25%)"],
  ["coder stat mem --prefix Mi", "4096/16384 MiB (25%)"],
  ["coder stat disk", "6/10 GiB (60%)"],
  ["coder\tstat mem --output=json", '{"used":4,"total":16,"unit":"GiB","percent":25}'],
])("%j is answered without a process", async (script, said) => {
  expect(await ownStat(script, environment().variables, source)).toBe(said);
});

test.each([
  "coder stat mem | cut -d' ' -f1",
  "coder stat mem; echo",
  "coder stat mem\necho",
  "coder stat $WHAT",
  "coder stat `echo mem`",
  "coder stat me?",
  "coder stat disk --path /home",
  "coder stat disk --path=/home",
  "coder stat disk --path '/home'",
  "coder stats mem",
  "coder exp sync status",
  "/usr/bin/coder stat mem",
  "#!/bin/sh\ncoder stat mem",
  "",
])("%j is not", async (script) => {
  expect(await ownStat(script, environment().variables, source)).toBeUndefined();
});

test("what cannot be said is left to the command, which says why", async () => {
  const { variables } = environment();
  expect(await ownStat("coder stat gpu", variables, source)).toBeUndefined();
  expect(await ownStat("coder stat mem", variables, { ...source, read: () => null })).toBeUndefined();
});

test("a command of that name that the template's scripts have made goes before", async () => {
  const { variables, scripts } = environment();
  program(scripts, "echo mine");
  expect(await ownStat("coder stat mem", variables, source)).toBeUndefined();
});

test("where the command is not the agent's, or another comes before it, it is run", async () => {
  const { variables } = environment();
  const { PREWARM_CODER_PROGRAM: _, ...without } = variables;
  expect(await ownStat("coder stat mem", without, source)).toBeUndefined();
  const PATH = `/usr/local/bin:${variables.PATH}`;
  expect(await ownStat("coder stat mem", { ...variables, PATH }, source)).toBeUndefined();
});

test("a sample of such a script is this machine's, and of any other what the command prints", async () => {
  const { variables } = environment();
  const abort = new AbortController().signal;
  const sample = async (run: string) => {
    const item = { key: "k", name: "", run, intervalMs: 1_000, timeoutMs: 10_000, order: 0 };
    const where = { environment: variables, directory: "", masks: new SecretMasks(), killGraceMs: 100, abort };
    return await takeSample(item, where);
  };
  expect(await sample("coder stat mem --host")).toEqual({
    value: expect.stringMatching(/^[\d.]+\/[\d.]+ .iB \(\d+%\)$/),
    error: "",
  });
  expect(await sample("coder stat disk --path /")).toEqual({ value: "run: stat disk --path /", error: "" });
});
