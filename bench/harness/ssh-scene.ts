import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import path from "node:path";
import { packageRoot } from "../../src/main/version.ts";
import type { OpenedWorkspace } from "./opened-workspace.ts";

export const program = path.join(packageRoot, "bin/prewarm");

/** OpenSSH kept away from what whoever measures has of his own. */
const apart = ["GlobalKnownHostsFile=/dev/null", "IdentityAgent=none", "BatchMode=yes"].flatMap((word) => ["-o", word]);

export interface SshScene {
  readonly env: NodeJS.ProcessEnv;
  readonly sshFolder: string;
  /** Of `ssh`, up to the command that it is to run in the workspace. */
  readonly args: readonly string[];
}

/** What a person has done once: signed in, and run `config-ssh`. @param url where the server is reached from. */
export function sshScene({ client, folder }: OpenedWorkspace, url = client.url): SshScene {
  const sshFolder = path.join(folder, `ssh-${new URL(url).port}`);
  mkdirSync(sshFolder, { mode: 0o700 });
  const env = {
    PATH: process.env["PATH"],
    HOME: folder,
    PREWARM_URL: url,
    PREWARM_TOKEN: client.token ?? "",
    PREWARM_CONFIG_DIR: path.join(folder, "config"),
    PREWARM_SSH_DIR: sshFolder,
  };
  const made = spawnSync(process.execPath, [program, "config-ssh"], { env, encoding: "utf8" });
  if (made.status !== 0) throw new Error(`config-ssh failed: ${made.stderr}`);
  return { env, sshFolder, args: [...apart, "-F", path.join(sshFolder, "prewarm/config"), "prewarm.dev"] };
}

/** The same for a plain sshd. */
export function plainScene(args: readonly string[], { env, sshFolder }: SshScene): SshScene {
  return { env, sshFolder, args: [...apart, ...args] };
}
