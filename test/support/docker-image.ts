import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, realpathSync } from "node:fs";
import { type TarEntry, tarArchive } from "./tar-archive.ts";

/** Programs of busybox under their names: a `sh`, a `wget`, a `sha256sum` and three hundred more. */
function busyboxEntries(): readonly TarEntry[] {
  const names = execFileSync("/bin/busybox", ["--list"], { encoding: "utf8" }).trim().split("\n");
  return [
    { path: "bin/busybox", content: readFileSync("/bin/busybox"), mode: 0o755 },
    ...names
      .filter((name) => name !== "busybox")
      .map((name) => ({ path: `bin/${name}`, type: "SymbolicLink" as const, linkpath: "busybox" })),
  ];
}

/** The C library of this machine and what else Node leans on, where the loader looks for them. */
function libraryEntries(): readonly TarEntry[] {
  // Through the shell: `ldd` is a script of glibc's, and no program that anybody could declare.
  const files = execFileSync("sh", ["-c", `ldd "${process.execPath}"`], { encoding: "utf8" }).match(/\/\S+/g) ?? [];
  return files.map((file) => ({ path: file.slice(1), content: readFileSync(realpathSync(file)), mode: 0o755 }));
}

export interface TestImage {
  readonly name: string;
  /** Without it, nothing that leans on glibc runs, as in an image with musl. */
  readonly hasGlibc: boolean;
  /** Whether a Node is there which has its C library beside it, for itself alone, as Alpine's own has musl. */
  readonly hasNode?: boolean;
}

/**
 * Node in a folder of its own, and musl's loader by its name, in an image whose programs are otherwise static: no Node for
 * musl is to be had from where tests may fetch.
 */
function nodeEntries(): readonly TarEntry[] {
  const own = libraryEntries().map((entry) => ({ ...entry, path: `opt/node/${entry.path.split("/").at(-1)}` }));
  const loader = own.find(({ path }) => /\/ld-linux/.test(path))?.path ?? "";
  const start = `#!/bin/sh\nexec /${loader} --library-path /opt/node /opt/node/node "$@"\n`;
  return [
    ...["opt", "opt/node"].map((path) => ({ path: `${path}/`, type: "Directory" as const, mode: 0o755 })),
    ...own,
    { path: "opt/node/node", content: readFileSync(process.execPath), mode: 0o755 },
    // In place of busybox's link, if it has one.
    { path: "usr/bin/node", content: start, mode: 0o755 },
    { path: "lib/ld-musl-x86_64.so.1", content: "\0musl libc\0" },
  ];
}

/** An image of a few megabytes, made here from what this machine has, with a user `dev` (1000). No registry is asked. */
export function importImage({ name, hasGlibc, hasNode = false }: TestImage): void {
  const folder = (path: string, mode = 0o755): TarEntry => ({ path: `${path}/`, type: "Directory", mode });
  const archive = tarArchive([
    ...["bin", "etc", "home", "proc", "sys", "dev", "run", "lib", "lib64", "root", "usr", "usr/bin"].map((path) =>
      folder(path),
    ),
    folder("tmp", 0o1777),
    { path: "etc/passwd", content: "root:x:0:0::/root:/bin/sh\ndev:x:1000:1000::/home/dev:/bin/sh\n" },
    // Without it, a static busybox asks libraries that are not here, and dies of it.
    { path: "etc/nsswitch.conf", content: "passwd: files\ngroup: files\nhosts: files dns\n" },
    { path: "etc/group", content: "root:x:0:\ndev:x:1000:\n" },
    ...busyboxEntries(),
    ...(hasGlibc ? libraryEntries() : []),
    ...(hasNode ? nodeEntries() : []),
  ]);
  const done = spawnSync("docker", ["import", "-", name], { input: archive, encoding: "utf8", maxBuffer: 1 << 20 });
  if (done.status !== 0) throw new Error(`docker import: ${done.stderr}`);
}

export function removeImage(name: string): void {
  docker("image", "rm", "--force", name);
}

export function docker(...args: readonly string[]): string {
  const done = spawnSync("docker", args, { encoding: "utf8" });
  if (done.status !== 0) throw new Error(`docker ${args.join(" ")}: ${done.stderr}`);
  return done.stdout.trim();
}

/** Names of all containers and volumes of one daemon, as Docker's own command line sees them. */
export function thingsOf(daemon: string): readonly string[] {
  return thingsLabelled(`dev.prewarm.daemon=${daemon}`);
}

export function thingsLabelled(wanted: string): readonly string[] {
  const label = ["--filter", `label=${wanted}`, "--format"];
  return [
    ...docker("ps", "--all", ...label, "{{.Names}}").split("\n"),
    ...docker("volume", "ls", ...label, "{{.Name}}").split("\n"),
  ].filter((name) => name !== "");
}
