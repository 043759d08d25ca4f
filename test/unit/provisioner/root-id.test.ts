import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { seededRandom } from "../../../src/platform/random.ts";
import { ownRootId } from "../../../src/provisioner/host/root-id.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "prewarm-root-id-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const own = (seed: number): Promise<string> => ownRootId(folder, { name: "root-id", random: seededRandom(seed) });
const file = (): string => path.join(folder, "root-id");

describe("the id of a driver's folder", () => {
  test("is made once, and read by every later start", async () => {
    const made = await own(1);
    expect(made).toMatch(/^[0-9a-f-]{36}$/);
    expect(await own(2)).toBe(made);
    expect(readdirSync(folder)).toEqual(["root-id"]);
  });

  test("is the same for all that begin at once", async () => {
    const made = await Promise.all([own(1), own(2), own(3), own(4)]);
    expect(new Set(made).size).toBe(1);
  });

  test.each(["", "\0".repeat(36), "\n"])("is made anew where a crash left %j in its file", async (torn) => {
    writeFileSync(file(), torn);
    const made = await own(1);
    expect(made).toMatch(/^[0-9a-f-]{36}$/);
    expect(readFileSync(file(), "utf8")).toBe(made);
  });
});
