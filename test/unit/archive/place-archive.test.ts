import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { packFolder } from "../../../src/platform/archive/pack-folder.ts";
import { placeArchive } from "../../../src/platform/archive/place-archive.ts";
import { type TarEntry, tarArchive } from "../../support/tar-archive.ts";

let root: string;
let folder: string;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), "prewarm-place-"));
  folder = path.join(root, "new");
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const goOn = new AbortController().signal;
const place = (entries: readonly TarEntry[], isForced = false, abort = goOn) =>
  placeArchive(tarArchive(entries), folder, { isForced, abort });
const entries: readonly TarEntry[] = [
  { path: "./template.yaml", content: "driver: fake\n" },
  { path: "./bin/run", content: "#!/bin/sh\n", mode: 0o755 },
];
const read = (name: string) => readFileSync(path.join(folder, name), "utf8");

describe("an archive's folder", () => {
  test("appears whole, with its modes, and can be packed to the same bytes again", async () => {
    expect(await place(entries)).toEqual(["bin/run", "template.yaml"]);
    expect(statSync(path.join(folder, "bin/run")).mode & 0o111).not.toBe(0);
    expect(statSync(path.join(folder, "template.yaml")).mode & 0o111).toBe(0);
    expect(statSync(folder).mode).toBe(statSync(path.join(folder, "bin")).mode);
    expect(readdirSync(root)).toEqual(["new"]);
    const { bytes } = await packFolder(folder);
    folder = path.join(root, "again");
    await placeArchive(bytes, folder, { isForced: false, abort: goOn });
    expect((await packFolder(folder)).bytes).toEqual(bytes);
  });

  test("is not there at all after an interruption, or when the archive is refused in its middle", async () => {
    const interrupted = AbortSignal.abort();
    await expect(place(entries, false, interrupted)).rejects.toMatchObject({ code: "canceled" });
    for (const hostile of [
      { path: "../out", content: "x" },
      { path: "/tmp/out", content: "x" },
      { path: "link", type: "SymbolicLink", linkpath: "/etc" },
      { path: ".git/hooks/post-checkout", content: "#!/bin/sh\n" },
      { path: "sub/.GIT/config", content: "" },
    ] as const) {
      await expect(place([...entries, hostile])).rejects.toMatchObject({ code: "invalid_archive" });
    }
    expect(readdirSync(root)).toEqual([]);
  });
});

describe("a folder that is there", () => {
  beforeEach(() => mkdirSync(folder));
  const refused = async (message: string, isForced: boolean) => {
    const before = readdirSync(folder, { recursive: true });
    const failure = place(entries, isForced);
    await expect(failure).rejects.toMatchObject({ code: "conflict" });
    await expect(failure).rejects.toThrow(message);
    expect(readdirSync(folder, { recursive: true })).toEqual(before);
  };

  test("is filled when it is empty, and refused when it is not", async () => {
    await place(entries);
    expect(read("template.yaml")).toBe("driver: fake\n");
    await refused("is not empty", false);
  });

  test("has its files written over when that is asked for, and keeps what the version does not have", async () => {
    mkdirSync(path.join(folder, "bin"));
    writeFileSync(path.join(folder, "bin/mine"), "mine");
    writeFileSync(path.join(folder, "template.yaml"), "old");
    await place(entries, true);
    expect([read("template.yaml"), read("bin/mine"), read("bin/run")]).toEqual([
      "driver: fake\n",
      "mine",
      "#!/bin/sh\n",
    ]);
    expect(readdirSync(folder)).toEqual(["bin", "template.yaml"]);
  });

  test("has links replaced, and nothing is written where they lead", async () => {
    const outside = path.join(root, "outside");
    mkdirSync(outside);
    writeFileSync(path.join(outside, "file"), "mine");
    symlinkSync(path.join(outside, "file"), path.join(folder, "template.yaml"));
    await place(entries, true);
    expect(lstatSync(path.join(folder, "template.yaml")).isSymbolicLink()).toBe(false);
    expect(readFileSync(path.join(outside, "file"), "utf8")).toBe("mine");
    rmSync(path.join(folder, "bin"), { recursive: true });
    symlinkSync(outside, path.join(folder, "bin"));
    await refused("a symbolic link, which is not followed", true);
    expect(existsSync(path.join(outside, "run"))).toBe(false);
    rmSync(folder, { recursive: true });
    symlinkSync(outside, folder);
    await refused("a symbolic link, which is not followed", true);
  });

  test("is left as it was when a folder stands where a file is to be, or the other way round", async () => {
    mkdirSync(path.join(folder, "template.yaml"));
    await refused("not of the same kind", true);
    rmSync(path.join(folder, "template.yaml"), { recursive: true });
    writeFileSync(path.join(folder, "bin"), "");
    await refused("not of the same kind", true);
  });
});

test("what a computer that went down leaves beside the files is not packed", async () => {
  mkdirSync(path.join(folder, ".prewarm-unpacking-x1"), { recursive: true });
  writeFileSync(path.join(folder, "template.yaml"), "");
  expect((await packFolder(folder)).paths).toEqual(["template.yaml"]);
});
