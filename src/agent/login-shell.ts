import { existsSync } from "node:fs";
import { userInfo } from "node:os";
import path from "node:path";

export interface Account {
  readonly name: string;
  readonly shell: string;
}

/** What is in passwd to keep people out, and is no shell. */
const refusals = new Set(["nologin", "false"]);

/** Who the workspace's commands run as, and by which shell. An image may run as a number that its passwd does not have. */
export function account(environment: Readonly<Record<string, string>>): Account {
  const { username: name, shell } = knownUser() ?? { username: environment["USER"] ?? "prewarm", shell: null };
  const candidates = [shell ?? "", "/bin/bash", "/bin/sh"];
  const isShell = (file: string): boolean => file !== "" && !refusals.has(path.basename(file)) && existsSync(file);
  return { name, shell: candidates.find(isShell) ?? "/bin/sh" };
}

/** @returns undefined where passwd has no such user. */
export function knownUser(): { readonly username: string; readonly shell: string | null } | undefined {
  try {
    return userInfo();
  } catch {
    return undefined;
  }
}
