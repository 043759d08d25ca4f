import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Compile } from "typebox/compile";
import { expect, onTestFinished, test } from "vitest";
import { folderFacts } from "../../../src/agent/image/folder-facts.ts";
import { imageFacts } from "../../../src/agent/image/image-facts.ts";
import { libcOf, libstdcxxOf } from "../../../src/agent/image/libraries.ts";
import { memoryLimitBytes } from "../../../src/agent/image/memory-limit.ts";
import { ImageFacts } from "../../../src/contracts/image-facts.ts";

/** An image's root with these files. */
function rootWith(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(path.join(tmpdir(), "prewarm-root-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    writeFileSync(path.join(root, name), content);
  }
  return root;
}

const glibc = "\0GNU C Library (Debian GLIBC 2.36-9+deb12u10) stable release version 2.36.\n\0";
const libstdcxx = "\0GLIBCXX_3.4\0GLIBCXX_3.4.9\0GLIBCXX_3.4.30\0GLIBCXX_3.4.30X\0GLIBCXX_DEBUG_MESSAGE_LENGTH\0";

test("Debian's image has glibc and libstdc++ of their versions", () => {
  const root = rootWith({
    "lib64/ld-linux-x86-64.so.2": "",
    "lib/x86_64-linux-gnu/libc.so.6": glibc,
    "usr/lib/x86_64-linux-gnu/libstdc++.so.6": libstdcxx,
  });
  expect(libcOf(root)).toEqual({ libc: "glibc", libcVersion: "2.36" });
  expect(libstdcxxOf(root)).toBe("3.4.30");
});

test("Alpine's image has musl, also where it has files by glibc's names", () => {
  const musl = { "lib/ld-musl-x86_64.so.1": `\0/etc/ld-musl\0${"1.2.5"}\0` };
  expect(libcOf(rootWith(musl))).toEqual({ libc: "musl", libcVersion: "1.2.5" });
  const compatible = { ...musl, "lib/libc.so.6": "", "lib/ld-linux-x86-64.so.2": "" };
  expect(libcOf(rootWith(compatible))).toEqual({ libc: "musl", libcVersion: "1.2.5" });
});

test("an image of one static program has no C library, and no libstdc++", () => {
  const root = rootWith({ "bin/program": "" });
  expect([libcOf(root), libstdcxxOf(root)]).toEqual([{ libc: "none", libcVersion: null }, null]);
});

test("a folder takes what its innermost mount lets it take", () => {
  const folder = rootWith({ "a b/file": "" });
  const mounts = (options: string): string =>
    `root / ext4 rw,noexec 0 0\ntmpfs ${folder} tmpfs rw,nosuid 0 0\ntmpfs ${folder}/a\\040b tmpfs ${options} 0 0\n`;
  expect(folderFacts(folder, mounts("rw,noexec"))).toMatchObject({ unwritable: null, isExecutable: true });
  expect(folderFacts(path.join(folder, "a b"), mounts("rw,noexec"))).toMatchObject({ isExecutable: false });
  expect(folderFacts(path.join(folder, "a b"), mounts("rw"))).toMatchObject({ isExecutable: true });
  // Of its neighbour with a longer name nothing is said.
  expect(folderFacts("/etc", "root / ext4 rw 0 0\ntmp /et tmpfs rw,noexec 0 0")).toMatchObject({ isExecutable: true });
  expect(folderFacts(path.join(folder, "nowhere"))).toMatchObject({ unwritable: "ENOENT", freeBytes: null });
});

const gibibyte = 2 ** 30;

test.each([
  ["version 2, by the group above", "0::/pod/box\n", { "/sys/fs/cgroup/pod/memory.max": "1073741824\n" }, gibibyte],
  [
    "version 2, in a container that sees its own group as the root",
    "0::/\n",
    { "/sys/fs/cgroup/memory.max": "1073741824" },
    gibibyte,
  ],
  [
    "version 1",
    "5:cpu,cpuacct:/a\n4:memory:/a\n",
    { "/sys/fs/cgroup/memory/a/memory.limit_in_bytes": "1073741824" },
    gibibyte,
  ],
  ["none", "0::/pod\n", { "/sys/fs/cgroup/pod/memory.max": "max\n" }, 8 * gibibyte],
  [
    "more than there is",
    "4:memory:/a\n",
    { "/sys/fs/cgroup/memory/a/memory.limit_in_bytes": "9223372036854771712" },
    8 * gibibyte,
  ],
])("the memory is the machine's or the least limit of control groups: %s", (_, groups, files, wanted) => {
  const all: Readonly<Record<string, string>> = { "/proc/self/cgroup": groups, ...files };
  expect(memoryLimitBytes((file) => all[file], 8 * gibibyte)).toBe(wanted);
});

test("what the agent says is what the server takes, and names what the commands would find", () => {
  const root = rootWith({ "bin/git": "", "bin/sh": "", "home/file": "" });
  chmodSync(path.join(root, "bin/sh"), 0o755);
  const facts = imageFacts({
    home: path.join(root, "home"),
    folder: "/work",
    environment: { PATH: `/nowhere:${root}/bin` },
  });
  expect(Compile(ImageFacts).Check(facts)).toBe(true);
  expect(facts).toMatchObject({ folder: "/work", home: { unwritable: null }, uid: process.getuid?.() });
  // The other one is no program: nobody may run it.
  expect(facts.programs).toEqual(["sh"]);
});
