import { mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { SecretMasks } from "../../../src/agent/secret-mask.ts";
import { runHook } from "../../../src/agent/run-hook.ts";
import { saveContexts } from "../../../src/cli/contexts.ts";
import { ensureDataDir } from "../../../src/db/embedded/cluster.ts";
import { stateKeys } from "../../../src/main/state-keys.ts";
import { makeFolder, makeNamedFolder } from "../../../src/platform/make-folder.ts";
import { seededRandom } from "../../../src/platform/random.ts";
import { cliBench } from "../../support/cli-run.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), "prewarm-folder-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe("a folder that is made", () => {
  it("has those above it made, too, and is made again without harm", () => {
    const folder = path.join(root, "a", "b", "c");
    makeFolder(folder, 0o700);
    makeFolder(folder, 0o755);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(statSync(path.join(root, "a")).mode & 0o777).toBe(0o700);
  });

  it("may be reached over a link", () => {
    makeFolder(path.join(root, "there"));
    symlinkSync(path.join(root, "there"), path.join(root, "link"));
    makeFolder(path.join(root, "link", "below"));
    expect(statSync(path.join(root, "there", "below")).isDirectory()).toBe(true);
  });

  it("where a file is in the way says so", () => {
    writeFileSync(path.join(root, "file"), "");
    expect(() => makeFolder(path.join(root, "file"))).toThrow(/ENOTDIR/);
    expect(() => makeFolder(path.join(root, "file", "below"))).toThrow(/ENOTDIR/);
  });

  it.skipIf(process.platform !== "linux")("where none can be made is refused, and not tried for ever", () => {
    expect(() => makeFolder("/proc/prewarm/below")).toThrow(/ENOENT|EACCES|EPERM/);
  });

  it.skipIf(process.platform !== "linux")("that cannot be is refused with a code to whoever named it", async () => {
    const folder = "/proc/prewarm/below";
    const unusable = expect.objectContaining({ code: "folder_unusable" }) as Error;
    expect(() => makeNamedFolder(folder)).toThrow(unusable);
    expect(() => stateKeys("", { dataDir: folder, random: seededRandom(1) })).toThrow(unusable);
    expect(() => ensureDataDir(folder)).toThrow(expect.objectContaining({ code: "data_dir_not_writable" }) as Error);
    const bench = cliBench({ env: { PREWARM_CONFIG_DIR: folder } });
    onTestFinished(bench.dispose);
    expect((await bench.run("templates", "init", folder)).stderr).toContain("[conflict]");
    const saved = saveContexts(bench.world, { contexts: [{ name: "one" }] } as never);
    await expect(saved).rejects.toMatchObject({ code: "config_invalid" });
  });

  it.skipIf(process.platform !== "linux")(
    "for a hook where none can be fails the hook, and does not hold its agent",
    async () => {
      const outcome = await runHook({
        name: "start",
        script: "true",
        timeoutMs: 1_000,
        folder: "/proc/prewarm/below",
        environment: {},
        stateFolder: root,
        killGraceMs: 100,
        abort: new AbortController().signal,
        masks: new SecretMasks(),
        onLine: () => undefined,
      });
      expect(outcome).toMatchObject({ kind: "failed", reason: expect.stringContaining("could not be prepared") });
    },
  );
});
