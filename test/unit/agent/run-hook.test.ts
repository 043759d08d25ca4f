import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { runHook } from "../../../src/agent/run-hook.ts";
import { SecretMasks } from "../../../src/agent/secret-mask.ts";

it.skipIf(process.platform !== "linux")("a hook whose folder cannot be made fails, and does not hold the agent", async () => {
  const stateFolder = mkdtempSync(path.join(tmpdir(), "prewarm-hook-"));
  onTestFinished(() => rmSync(stateFolder, { recursive: true, force: true }));
  const outcome = await runHook({
    name: "start",
    script: "true",
    timeoutMs: 5_000,
    // Node's own way to make folders above it never ends there.
    folder: "/proc/prewarm/work",
    environment: {},
    stateFolder,
    killGraceMs: 100,
    abort: new AbortController().signal,
    masks: new SecretMasks(),
    onLine: () => undefined,
  });
  expect(outcome).toMatchObject({ kind: "failed", reason: expect.stringMatching(/ENOENT|EACCES|EPERM/) });
});
