import {
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
import { createGzip, gunzipSync, gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { checkArchive, readArchiveEntry } from "../../../src/platform/archive/archive-entry.ts";
import { archiveLimits } from "../../../src/platform/archive/archive-limits.ts";
import { packFolder } from "../../../src/platform/archive/pack-folder.ts";
import { unpackArchive } from "../../../src/platform/archive/unpack-archive.ts";
import { type TarEntry, tarArchive } from "../../support/tar-archive.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "prewarm-archive-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function source(files: Readonly<Record<string, string>>): string {
  const root = path.join(folder, "source");
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    writeFileSync(path.join(root, name), content);
  }
  return root;
}

function target(): string {
  const root = path.join(folder, "target");
  mkdirSync(root);
  return root;
}

/** 1 GiB of zeros, compressed piece by piece to about 1 MiB. */
async function gibibyteOfZeros(): Promise<Buffer> {
  const gzip = createGzip({ level: 1 });
  const pieces: Buffer[] = [];
  gzip.on("data", (piece: Buffer) => pieces.push(piece));
  const zeros = Buffer.alloc(8 * 1_048_576);
  for (let count = 0; count < 128; count += 1) {
    await new Promise<void>((resolve) => void gzip.write(zeros, () => resolve()));
  }
  await new Promise<void>((resolve) => void gzip.end(() => resolve()));
  return Buffer.concat(pieces);
}

describe("packing and unpacking", () => {
  test("a packed folder is unpacked as it was", async () => {
    const big = "x".repeat(300_000);
    const root = source({ "template.yaml": "driver: fake\n", "sub/deep/file.txt": big, "@odd": "odd" });
    const packed = await packFolder(root);
    const unpacked = target();
    const reading = await unpackArchive(packed.bytes, unpacked);
    expect(reading.entries).toBe(5);
    expect(packed.paths).toEqual(["@odd", "sub/", "sub/deep/", "sub/deep/file.txt", "template.yaml"]);
    expect(readFileSync(path.join(unpacked, "sub/deep/file.txt"), "utf8")).toBe(big);
    expect(readFileSync(path.join(unpacked, "@odd"), "utf8")).toBe("odd");
    expect(await readArchiveEntry(packed.bytes, "template.yaml")).toEqual(Buffer.from("driver: fake\n"));
    expect(await readArchiveEntry(packed.bytes, "absent.yaml")).toBeNull();
  });

  test("the same content packs to the same bytes", async () => {
    const root = source({ "template.yaml": "a", "b/c": "d" });
    const first = await packFolder(root);
    writeFileSync(path.join(root, "template.yaml"), "a");
    expect(Buffer.from((await packFolder(root)).bytes).equals(Buffer.from(first.bytes))).toBe(true);
  });

  test("an executable stays executable", async () => {
    await unpackArchive(tarArchive([{ path: "run.sh", content: "x", mode: 0o755 }]), target());
    expect(statSync(path.join(folder, "target/run.sh")).mode & 0o111).not.toBe(0);
  });

  test("what .prewarmignore names, .git and node_modules stay out", async () => {
    const root = source({
      ".prewarmignore": "# comment\n*.log\n/top\nbuild/\ndocs/**/draft.md\n",
      "template.yaml": "a",
      "deep/error.log": "",
      top: "",
      "deep/top": "kept",
      "build/out": "",
      "deep/build": "kept: a file, not a folder",
      "docs/a/b/draft.md": "",
      ".git/config": "",
      "deep/node_modules/x": "",
    });
    const { paths } = await packFolder(root);
    expect(paths.filter((name) => !name.endsWith("/"))).toEqual(["deep/build", "deep/top", "template.yaml"]);
  });

  test("a pattern that takes back does so, but not with what is never of use", async () => {
    const root = source({
      ".prewarmignore": "*.log\n!keep.log\n!node_modules\n",
      "keep.log": "",
      "other.log": "",
      "OTHER.LOG": "kept: names have their case",
      "node_modules/x": "",
    });
    expect((await packFolder(root)).paths).toEqual(["OTHER.LOG", "keep.log"]);
  });

  test("what Terraform leaves in a folder that it was tried in stays out, with its links; the lock file goes along", async () => {
    const root = source({
      "template.yaml": "a",
      "main.tf": "",
      ".terraform.lock.hcl": "",
      "terraform.tfvars": "",
      "terraform.tfstate": "{}",
      "terraform.tfstate.backup": "{}",
      "terraform.tfstate.1730000000.backup": "{}",
      ".terraform.tfstate.lock.info": "{}",
      "terraform.tfstate.d/dev/terraform.tfstate": "{}",
      ".terraform/providers/acme/p/linux_amd64.d/plugin": "binary",
      "modules/disk/.terraform/modules.json": "{}",
      "crash.log": "",
    });
    symlinkSync("/var/cache", path.join(root, ".terraform/providers/acme/p/linux_amd64"));
    symlinkSync("/var/cache", path.join(root, "modules/.terraform"));
    const { paths } = await packFolder(root);
    expect(paths.filter((name) => !name.endsWith("/"))).toEqual([
      ".terraform.lock.hcl",
      "main.tf",
      "template.yaml",
      "terraform.tfvars",
    ]);
  });

  test("a symbolic link is refused by its name", async () => {
    const root = source({ "template.yaml": "a" });
    symlinkSync("/etc/passwd", path.join(root, "link"));
    await expect(packFolder(root)).rejects.toMatchObject({
      code: "invalid_archive",
      message: expect.stringContaining("link is a symbolic link"),
    });
  });

  test("all links are told at once, up to a number that can be read", async () => {
    const root = source({ "template.yaml": "a", "bin/run": "b" });
    for (const name of ["one", "bin/two"]) symlinkSync("/etc/passwd", path.join(root, name));
    await expect(packFolder(root)).rejects.toMatchObject({
      message: "bin/two is a symbolic link; a template holds plain files only (and 1 more).",
      problems: [{ file: "bin/two" }, { file: "one" }],
    });
    for (let nth = 0; nth < 50; nth += 1) symlinkSync("/etc/passwd", path.join(root, `link${nth}`));
    await expect(packFolder(root)).rejects.toMatchObject({ problems: { length: 20 } });
  });

  test("a folder that is not there is not_found", async () => {
    await expect(packFolder(path.join(folder, "absent"))).rejects.toMatchObject({ code: "not_found" });
  });
});

describe("a hostile archive is refused, and leaves nothing outside of the folder", () => {
  const hostile: ReadonlyArray<readonly [string, readonly TarEntry[]]> = [
    ["a path that climbs out", [{ path: "../outside", content: "x" }]],
    ["a path that climbs out further in", [{ path: "a/../../outside", content: "x" }]],
    ["an absolute path", [{ path: "/tmp/prewarm-outside", content: "x" }]],
    ["a drive letter", [{ path: "C:/outside", content: "x" }]],
    ["a backslash", [{ path: "..\\outside", content: "x" }]],
    ["a symbolic link", [{ path: "link", type: "SymbolicLink", linkpath: "/etc" }]],
    ["a hard link", [{ path: "link", type: "Link", linkpath: "/etc/passwd" }]],
    ["a device", [{ path: "device", type: "CharacterDevice" }]],
    ["a pipe", [{ path: "pipe", type: "FIFO" }]],
    [
      "one file twice",
      [
        { path: "a", content: "1" },
        { path: "./a", content: "2" },
      ],
    ],
    [
      "a file where a folder is",
      [
        { path: "a/b", content: "1" },
        { path: "a", content: "2" },
      ],
    ],
    [
      "a file below a file",
      [
        { path: "a", content: "1" },
        { path: "a/b", content: "2" },
      ],
    ],
    [
      "a name without end",
      [{ path: "././@LongLink", type: "NextFileHasLongPath", content: "y/".repeat(2_000) }, { path: "y" }],
    ],
  ];
  test.each(hostile)("%s", async (_, entries) => {
    const bytes = tarArchive([{ path: "template.yaml", content: "driver: fake" }, ...entries]);
    await expect(unpackArchive(bytes, target())).rejects.toMatchObject({ code: "invalid_archive" });
    expect(readdirSync(folder)).toEqual(["target"]);
  });

  test("too many entries", async () => {
    const entries = Array.from({ length: 11 }, (_, index) => ({ path: `file-${index}` }));
    const limits = { ...archiveLimits, entriesMax: 10 };
    await expect(checkArchive(tarArchive(entries), limits)).rejects.toThrow(/more than 10 entries/);
    expect(await checkArchive(tarArchive(entries.slice(1)), limits)).toMatchObject({ entries: 10 });
  });

  test("a gibibyte of zeros is refused at the limit, in bounded memory", async () => {
    const bomb = await gibibyteOfZeros();
    const before = process.memoryUsage().rss;
    await expect(checkArchive(bomb)).rejects.toMatchObject({ code: "invalid_archive" });
    const entry = tarArchive([{ path: "zeros", content: Buffer.alloc(70 * 1_048_576) }]);
    await expect(checkArchive(entry)).rejects.toThrow(/larger than/);
    expect(process.memoryUsage().rss - before).toBeLessThan(400 * 1_048_576);
  });

  test("a gzip within the gzip is refused", async () => {
    await expect(checkArchive(gzipSync(tarArchive([{ path: "a" }])))).rejects.toThrow(/more than once/);
  });

  test.each([
    ["no gzip at all", Buffer.from("driver: fake")],
    ["nothing", Buffer.alloc(0)],
    ["an empty gzip", gzipSync("")],
    ["a gzip of text", gzipSync("driver: fake\n".repeat(100))],
    ["a gzip that is cut", tarArchive([{ path: "a", content: "x".repeat(10_000) }]).subarray(0, 60)],
    [
      "a tar that is cut",
      gzipSync(gunzipSync(tarArchive([{ path: "a", content: "x".repeat(5_000) }])).subarray(0, 2_000)),
    ],
  ])("%s", async (_, bytes) => {
    await expect(checkArchive(bytes)).rejects.toMatchObject({ code: "invalid_archive" });
  });
});
