import { createHmac } from "node:crypto";
import { closeSync, fsyncSync, linkSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import path from "node:path";
import type { AgentConfig } from "./agent-config.ts";
import { makeFolder } from "../platform/make-folder.ts";

const seedBytes = 32;

/**
 * The key by which this agent proves that it is the one that came first with its token. It is made from what lies in
 * the agent's memory, which survives its restart, and from the token: so each start of the workspace has another one.
 * Null where nothing can be kept: a key that is forgotten would lock the agent out at its restart, so it goes without,
 * as agents of earlier releases do.
 */
export function agentKey(
  config: Pick<AgentConfig, "stateFolder" | "keyFolder" | "token" | "random" | "logger">,
): string | null {
  try {
    const seed = keptSeed({ folder: config.keyFolder ?? config.stateFolder, random: config.random });
    return `pw_key_${createHmac("sha256", seed).update(config.token).digest("base64url")}`;
  } catch (error) {
    config.logger.warn("the agent's key cannot be kept, so its token alone is what it is known by", { error });
    return null;
  }
}

function keptSeed({ folder, random }: { readonly folder: string; readonly random: AgentConfig["random"] }): Buffer {
  const file = path.join(folder, "key");
  makeFolder(folder, 0o700);
  const known = seedIn(file);
  if (known?.length === seedBytes) return known;
  // Damaged, as by a full disk: it opens nothing, and stands in the way.
  if (known !== null) rmSync(file, { force: true });
  const fresh = `${file}.${random.base32(8)}`;
  try {
    const descriptor = openSync(fresh, "wx", 0o600);
    try {
      writeSync(descriptor, random.bytes(seedBytes).toString("hex"));
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    linkWhole(fresh, file);
  } finally {
    rmSync(fresh, { force: true });
  }
  const kept = seedIn(file);
  if (kept?.length !== seedBytes) throw new Error(`${file} does not hold what was written to it`);
  return kept;
}

/** The file appears whole or not at all; of two that begin at once, the first one's stays. */
function linkWhole(fresh: string, file: string): void {
  try {
    linkSync(fresh, file);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  }
}

/** Null when there is no such file. */
function seedIn(file: string): Buffer | null {
  try {
    return Buffer.from(readFileSync(file, "utf8").trim(), "hex");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
}
