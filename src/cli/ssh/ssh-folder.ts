import path from "node:path";
import type { CliWorld } from "../world.ts";

export type SshWorld = Pick<CliWorld, "env" | "accountHome">;

/** OpenSSH's own folder. It takes the home from the account and not from `HOME`, and so is it here. */
export function sshFolder({ env, accountHome }: SshWorld): string {
  return env["PREWARM_SSH_DIR"] || path.join(accountHome, ".ssh");
}

/** What is ours in it. */
export const ownFolder = (world: SshWorld): string => path.join(sshFolder(world), "prewarm");
export const ownConfigPath = (world: SshWorld): string => path.join(ownFolder(world), "config");
export const knownHostsPath = (world: SshWorld): string => path.join(ownFolder(world), "known_hosts");
