import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ownDaemonName } from "../../../src/main/daemon-name.ts";
import { seededRandom } from "../../../src/platform/random.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "prewarm-name-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

let seed = 0;
/** The name in this data folder, on a host of that name. */
function nameIn(dataDir: string, { host = "rack-1.example.com", known = [] as string[] } = {}): string {
  seed += 1;
  return ownDaemonName({ root: path.join(dataDir, "provisioner"), dataDir, host, random: seededRandom(seed) }, known);
}

/** As releases made it of host and path. */
function madeBefore(host: string, dataDir: string): string {
  return `builtin-${host}-${createHash("sha256").update(dataDir).digest("hex").slice(0, 8)}`;
}

describe("the name of the server's own daemon", () => {
  test("stays when the data folder is moved and the host renamed, and is another in another folder", () => {
    const one = path.join(folder, "one");
    const name = nameIn(one);
    expect(name).toMatch(/^builtin-rack-1-[a-z2-7]{8}$/);
    renameSync(one, path.join(folder, "moved"));
    expect(nameIn(path.join(folder, "moved"), { host: "laptop", known: [name] })).toBe(name);
    expect(nameIn(path.join(folder, "other"), { known: [name] })).not.toBe(name);
  });

  test("of an installation from before is the one it has", () => {
    const dataDir = path.join(folder, "data");
    const before = madeBefore("rack-1", dataDir);
    expect(nameIn(dataDir, { known: ["builtin-other-01234567", before] })).toBe(before);
    expect(readFileSync(path.join(dataDir, "provisioner/daemon-name"), "utf8")).toBe(`${before}\n`);
  });

  test("of one that was moved since is the only one that the database knows, where a daemon has worked", () => {
    const known = [madeBefore("rack-1", "/where/it/was")];
    const used = path.join(folder, "used");
    mkdirSync(path.join(used, "provisioner/process"), { recursive: true });
    expect(nameIn(used, { known })).toBe(known[0]);
    expect(nameIn(path.join(folder, "new"), { known })).not.toBe(known[0]);
    const ambiguous = path.join(folder, "ambiguous");
    mkdirSync(path.join(ambiguous, "provisioner/process"), { recursive: true });
    expect([...known, "builtin-b"]).not.toContain(nameIn(ambiguous, { known: [...known, "builtin-b"] }));
  });

  test("is refused with the file's path where the file holds none", () => {
    const dataDir = path.join(folder, "data");
    mkdirSync(path.join(dataDir, "provisioner"), { recursive: true });
    writeFileSync(path.join(dataDir, "provisioner/daemon-name"), "");
    expect(() => nameIn(dataDir)).toThrow(/daemon-name does not hold the name/);
  });

  test("has nothing that is no name, whatever the host is called", () => {
    expect(nameIn(path.join(folder, "odd"), { host: "ünï cödé_host" })).toMatch(/^builtin-[A-Za-z0-9-]+-[a-z2-7]{8}$/);
    expect(nameIn(path.join(folder, "none"), { host: "" })).toMatch(/^builtin-host-/);
  });
});
