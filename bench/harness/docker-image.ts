import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";

/** Whether images can be made and run here: an engine that answers, and a busybox that leans on no library. */
export function hasDocker(): boolean {
  const hasEngine = spawnSync("docker", ["version", "--format", "{{.Server.Version}}"]).status === 0;
  return hasEngine && spawnSync("sh", ["-c", "test -x /bin/busybox && ! ldd /bin/busybox"]).status === 0;
}

/**
 * Makes an image from what this machine has, asking no registry: busybox, git, Node with npm, their libraries, the
 * repository at its own path, and a user `dev`.
 */
export function importImage(
  folder: string,
  { name, repository }: { readonly name: string; readonly repository: string },
): void {
  const stage = path.join(folder, "image");
  for (const child of ["bin", "etc", "home", "tmp", "usr/bin"]) mkdirSync(path.join(stage, child), { recursive: true });
  chmodSync(path.join(stage, "tmp"), 0o1777);
  writeFileSync(path.join(stage, "etc/passwd"), "root:x:0:0::/root:/bin/sh\ndev:x:1000:1000::/home/dev:/bin/sh\n");
  writeFileSync(path.join(stage, "etc/group"), "root:x:0:\ndev:x:1000:\n");
  // Without it, a static busybox asks libraries that are not here, and dies of it.
  writeFileSync(path.join(stage, "etc/nsswitch.conf"), "passwd: files\ngroup: files\nhosts: files dns\n");
  // The repository belongs to whoever made it, and git refuses one of somebody else.
  writeFileSync(path.join(stage, "etc/gitconfig"), "[safe]\n\tdirectory = *\n");
  cpSync("/bin/busybox", path.join(stage, "bin/busybox"), { dereference: true });
  for (const applet of execFileSync("/bin/busybox", ["--list"], { encoding: "utf8" }).trim().split("\n")) {
    if (applet !== "busybox") symlinkSync("busybox", path.join(stage, "bin", applet));
  }
  const git = output("sh", "-c", "command -v git");
  const gitCore = output("git", "--exec-path");
  const npm = path.resolve(output("sh", "-c", 'readlink -f "$(command -v npm)"'), "../..");
  const files = [process.execPath, git, ...librariesOf(process.execPath), ...librariesOf(git)];
  // Each at its own place; links among folders and libraries become what they point to.
  for (const file of new Set(files)) cpSync(realpathSync(file), path.join(stage, file));
  for (const tree of [gitCore, npm, repository]) {
    cpSync(tree, path.join(stage, tree), { recursive: true, verbatimSymlinks: true });
  }
  symlinkSync("/bin/env", path.join(stage, "usr/bin/env"));
  symlinkSync(path.join(npm, "bin/npm-cli.js"), path.join(stage, "bin/npm"));
  symlinkSync(process.execPath, path.join(stage, "bin/node"));
  symlinkSync(git, path.join(stage, "bin/git"));
  const archive = execFileSync("tar", ["-C", stage, "-c", "."], { maxBuffer: 1 << 30 });
  const done = spawnSync("docker", ["import", "-", name], { input: archive, encoding: "utf8" });
  if (done.status !== 0) throw new Error(`docker import: ${done.stderr}`);
  rmSync(stage, { recursive: true, force: true });
}

/** Through the shell: `ldd` is a script of glibc's. */
function librariesOf(program: string): readonly string[] {
  return output("sh", "-c", `ldd "${program}"`).match(/\/\S+/g) ?? [];
}

function output(program: string, ...args: readonly string[]): string {
  return execFileSync(program, args, { encoding: "utf8" }).trim();
}

export function removeImage(name: string): void {
  spawnSync("docker", ["image", "rm", "--force", name]);
}
