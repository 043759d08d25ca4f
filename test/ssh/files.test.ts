// SFTP and scp, by the real clients of OpenSSH.
import { spawnSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import {
  closeSync,
  existsSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  readlinkSync,
  readSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { SshBed } from "../support/ssh-bed.ts";
import { waitUntil } from "../support/wait-until.ts";

const longMs = 300_000;
const gibibyte = 1_073_741_824;
let bed: SshBed;
let here = "";
beforeAll(async () => {
  bed = await SshBed.open();
  here = path.join(bed.folder, "here");
  mkdirSync(path.join(here, "tree/sub"), { recursive: true });
  writeFileSync(path.join(here, "one"), "one");
  writeFileSync(path.join(here, "two"), "two");
  writeFileSync(path.join(here, "tree/three"), "three");
  writeFileSync(path.join(here, "tree/sub/four"), "four", { mode: 0o755 });
  writeFileSync(path.join(here, "big"), randomBytes(20_000_000));
});
afterAll(() => bed.close());

const there = (name: string): string => readFileSync(path.join(bed.home, name), "utf8");
const sha = (file: string): string => createHash("sha256").update(readFileSync(file)).digest("hex");

async function batch(lines: readonly string[]): Promise<string> {
  const ran = await bed.sftp([`lcd ${here}`, ...lines, ""].join("\n"));
  expect(ran.stderr).toBe("");
  expect(ran.code).toBe(0);
  return ran.stdout;
}

test("a session begins in the home, and every verb of the client does what it says", async () => {
  const out = await batch([
    "pwd",
    "version",
    "mkdir d",
    "put one d/one",
    "put two d/two",
    "chmod 640 d/one",
    "chown 0 d/one",
    "chgrp 0 d/one",
    "ln d/one d/hard",
    "ln -s one d/soft",
    "cp d/two d/copy",
    "ls -la d",
    "ls -ln d",
    "get d/copy copied",
    "get -p d/one kept",
    "put -p tree/sub/four d/four",
    "put -f one d/synced",
    "rm d/hard",
    "mkdir d/empty",
    "rmdir d/empty",
    "cd d",
    "pwd",
    "df -h .",
    "df -i",
  ]);
  expect(out).toContain(`Remote working directory: ${bed.home}\n`);
  expect(out).toContain(`Remote working directory: ${bed.home}/d\n`);
  expect(out).toMatch(/-rw-r----- +\S+ +root +root +3 \w{3} +\d+ .*one\n/);
  expect(out).toMatch(/%Capacity/);
  expect(there("d/one")).toBe("one");
  expect(readlinkSync(path.join(bed.home, "d/soft"))).toBe("one");
  expect(there("d/copy")).toBe("two");
  expect(statSync(path.join(bed.home, "d/four")).mode & 0o777).toBe(0o755);
  expect(readFileSync(path.join(here, "copied"), "utf8")).toBe("two");
  expect(existsSync(path.join(bed.home, "d/hard"))).toBe(false);
});

test("a rename takes the place of a file that is there, as editors save, and the old request does not", async () => {
  await batch(["mkdir r", "put one r/new", "put two r/old", "rename r/new r/old"]);
  expect(there("r/old")).toBe("one");
  await batch(["put two r/new"]);
  const legacy = await bed.sftp("rename -l r/new r/old\n");
  expect(legacy.code).toBe(1);
  expect(there("r/old")).toBe("one");
  await batch(["rename -l r/new r/other", "rename -l r other-folder"]);
  expect(there("other-folder/other")).toBe("two");
});

test("what goes wrong is told as what it is", async () => {
  const ran = await bed.sftp(["-get nothing", "-mkdir project", "-ls nowhere/deep", "-rmdir project/x", ""].join("\n"));
  expect(ran.code).toBe(0);
  expect(ran.stderr).toMatch(/nothing" not found/);
  expect(ran.stderr).toMatch(/mkdir ".*": Failure/);
});

test("names of any bytes come and go as they are, and so do folders of many files", async () => {
  const odd = Buffer.from("f\xff\xfe \u00e9", "latin1");
  writeFileSync(Buffer.concat([Buffer.from(`${bed.home}/project/`), odd]), "odd");
  mkdirSync(path.join(bed.home, "many"));
  for (let index = 0; index < 1_000; index += 1) writeFileSync(path.join(bed.home, "many", `file-${index}`), "");
  const out = await batch(["ls -1 many", "get -r project odd-names"]);
  expect(out.match(/many\/file-\d+/g)?.length).toBe(1_000);
  expect(readFileSync(Buffer.concat([Buffer.from(`${here}/odd-names/`), odd]), "utf8")).toBe("odd");
});

/** Five GiB with nothing in it but two words, one of them behind what 32 bits count. */
function sparse(file: string, words: Readonly<Record<number, string>>): void {
  const fd = openSync(file, "w");
  ftruncateSync(fd, 5 * gibibyte);
  for (const [at, word] of Object.entries(words)) writeSync(fd, word, Number(at));
  closeSync(fd);
}

function wordAt(file: string, at: number, length: number): string {
  const fd = openSync(file, "r");
  const room = Buffer.alloc(length);
  readSync(fd, room, 0, length, at);
  closeSync(fd);
  return room.toString();
}

test(
  "a file of five GiB is read and written behind what 32 bits count",
  async () => {
    const at = 5 * gibibyte - 1_000;
    sparse(path.join(bed.home, "sparse"), { [at]: "at the end" });
    const half = openSync(path.join(here, "sparse"), "w");
    ftruncateSync(half, 5 * gibibyte - 1_048_576);
    closeSync(half);
    const out = await batch(["ls -ln sparse", "reget sparse sparse"]);
    expect(out).toContain(String(5 * gibibyte));
    expect(statSync(path.join(here, "sparse")).size).toBe(5 * gibibyte);
    expect(wordAt(path.join(here, "sparse"), at, 10)).toBe("at the end");
    const back = openSync(path.join(bed.home, "back"), "w");
    ftruncateSync(back, 5 * gibibyte - 2_097_152);
    closeSync(back);
    await batch(["reput sparse back"]);
    expect(statSync(path.join(bed.home, "back")).size).toBe(5 * gibibyte);
    expect(wordAt(path.join(bed.home, "back"), at, 10)).toBe("at the end");
  },
  longMs,
);

test("scp carries a tree both ways, by SFTP and by its own protocol of before", async () => {
  const has = (program: string): boolean => spawnSync("sh", ["-c", `command -v ${program}`]).status === 0;
  expect(has("scp")).toBe(true);
  for (const protocol of [["-s"], ["-O"]]) {
    const name = `scp${protocol[0] ?? ""}`;
    mkdirSync(path.join(bed.home, name));
    symlinkSync("one", path.join(here, name));
    const up = await bed.scp([
      ...protocol,
      "-rp",
      path.join(here, "tree"),
      path.join(here, "big"),
      `d@127.0.0.1:${name}`,
    ]);
    expect(up).toMatchObject({ code: 0, stderr: "" });
    expect(there(`${name}/tree/sub/four`)).toBe("four");
    expect(statSync(path.join(bed.home, name, "tree/sub/four")).mode & 0o777).toBe(0o755);
    const back = path.join(here, `${name}-back`);
    const down = await bed.scp([...protocol, "-r", `d@127.0.0.1:${name}`, back]);
    expect(down).toMatchObject({ code: 0, stderr: "" });
    for (const file of [path.join(back, "big"), path.join(bed.home, name, "big")]) {
      expect(sha(file)).toBe(sha(path.join(here, "big")));
    }
  }
});

test("an image without scp or rsync is told what to do about it", async () => {
  bed.variables = { ...bed.variables, PATH: "/nowhere" };
  try {
    const ran = await bed.exec("scp -t x");
    expect(ran.code).toBe(127);
    expect(ran.stderr).toContain("without -O, scp needs nothing there");
    expect((await bed.exec("rsync --server . x")).stderr).toContain("needs the program rsync");
  } finally {
    bed.variables = { ...bed.variables, PATH: process.env["PATH"] ?? "" };
  }
});

test("rsync brings a tree and what has changed in it", async (context) => {
  if (spawnSync("rsync", ["--version"]).status !== 0) context.skip("rsync is not installed");
  const shell = `ssh ${bed.options.join(" ")} -p ${bed.port}`;
  const rsync = () => bed.run("rsync", ["-a", "-i", "-e", shell, `${here}/tree/`, "d@127.0.0.1:synced/"]);
  expect(await rsync()).toMatchObject({ code: 0, stderr: "" });
  writeFileSync(path.join(here, "tree/three"), "another three");
  expect((await rsync()).stdout).toContain("three");
  expect(there("synced/three")).toBe("another three");
});

test("sshfs shows the workspace's files, and saves over them", async (context) => {
  if (spawnSync("sshfs", ["--version"]).status !== 0) context.skip("sshfs is not installed");
  if (!existsSync("/dev/fuse")) context.skip("there is no /dev/fuse");
  const mount = path.join(bed.folder, "mount");
  mkdirSync(mount);
  const options = [...bed.options.slice(2), "-p", String(bed.port)];
  const ran = await bed.run("sshfs", ["-F", "/dev/null", ...options, "dev@127.0.0.1:", mount]);
  if (ran.code !== 0) context.skip(`it cannot be mounted here: ${ran.stderr}`);
  try {
    // By other programs: this one serves what they ask, and must not wait for it.
    const save = `echo before > ${mount}/by-sshfs && echo after > ${mount}/new && mv ${mount}/new ${mount}/by-sshfs`;
    const saved = await bed.run("timeout", ["20", "sh", "-c", save]);
    expect(saved.code).toBe(0);
    expect(there("by-sshfs")).toBe("after\n");
  } finally {
    await bed.run("fusermount", ["-u", "-z", mount]);
  }
});

test("many files are open at once, and are closed when the client goes", async () => {
  await Promise.all(Array.from({ length: 8 }, () => bed.sftp(`get ${bed.home}/scp-s/big /dev/null\n`)));
  await waitUntil("no connection is left", () => bed.server.size === 0);
});
