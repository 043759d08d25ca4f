import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { makeFolder } from "../../platform/make-folder.ts";
import { configFolder, type SessionWorld } from "../contexts.ts";
import type { CliWorld } from "../world.ts";

export type NoteWorld = SessionWorld & Pick<CliWorld, "clock">;

/** After it nobody asks for it any more. */
const keptMs = 24 * 3_600_000;
const idShape = /^[0-9a-f-]{36}$/;

const noteFolder = (world: NoteWorld): string => path.join(configFolder(world), "connections");

/** Notes that this installation is connected to the workspace now. A note that cannot be written is none. */
export async function noteConnection(world: NoteWorld, workspaceId: string): Promise<void> {
  if (!idShape.test(workspaceId)) return;
  const folder = noteFolder(world);
  try {
    makeFolder(folder, 0o700);
    await writeFile(path.join(folder, workspaceId), world.clock.now().toISOString(), { mode: 0o600 });
  } catch {
    // Without it, a stopped workspace is started by who reconnects: no reason to refuse a connection.
  }
}

/** Milliseconds since this installation was last connected to it; null when that is not known. */
export async function connectionAgeMs(world: NoteWorld, workspaceId: string): Promise<number | null> {
  try {
    const at = Date.parse(await readFile(path.join(noteFolder(world), workspaceId), "utf8"));
    return Number.isNaN(at) ? null : Math.max(0, world.clock.now().getTime() - at);
  } catch {
    return null;
  }
}

/** Removes the notes of long ago. */
export async function forgetOldConnections(world: NoteWorld): Promise<void> {
  try {
    for (const id of await readdir(noteFolder(world))) {
      const ageMs = await connectionAgeMs(world, id);
      if (ageMs === null || ageMs > keptMs) await rm(path.join(noteFolder(world), id), { force: true });
    }
  } catch {
    // They are few and small.
  }
}
