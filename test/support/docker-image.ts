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
}

/** An image of a few megabytes, made here from what this machine has, with a user `dev` (1000). No registry is asked. */
export function importImage({ name, hasGlibc }: TestImage): void {
  const folder = (path: string, mode = 0o755): TarEntry => ({ path: `${path}/`, type: "Directory", mode });
  const archive = tarArchive([
    ...["bin", "etc", "home", "proc", "sys", "dev", "run", "lib", "lib64", "root"].map((path) => folder(path)),
    folder("tmp", 0o1777),
    { path: "etc/passwd", content: "root:x:0:0::/root:/bin/sh\ndev:x:1000:1000::/home/dev:/bin/sh\n" },
    // Without it, a static busybox asks libraries that are not here, and dies of it.
    { path: "etc/nsswitch.conf", content: "passwd: files\ngroup: files\nhosts: files dns\n" },
    { path: "etc/group", content: "root:x:0:\ndev:x:1000:\n" },
    ...busyboxEntries(),
    ...(hasGlibc ? libraryEntries() : []),
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
