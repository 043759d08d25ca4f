import { readdirSync } from "node:fs";
import path from "node:path";
import type { CheckDeps } from "./check-deps.ts";
import type { Requirement } from "./finding.ts";

const liveText = "select id from workspaces where deleted_at is null";
const workspaceId = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** Two sweeps of a daemon, which come once a minute, the age that something must have, and the work itself. */
const leakLimitMs = 200_000;

/** The workspaces that a daemon's process driver keeps a folder of. */
export function foldersOf(daemonFolder: string): readonly string[] {
  try {
    return readdirSync(path.join(daemonFolder, "workspaces")).filter((name) => workspaceId.test(name));
  } catch {
    return [];
  }
}

/** I4: what exists on the hosts is what the database knows, one to one. */
export function nothingLeft({ system, database }: CheckDeps): Requirement {
  return {
    promise: "I4",
    withinMs: leakLimitMs,
    look: async () => {
      const live = new Set((await database.rows<{ id: string }>(liveText)).map((row) => row.id));
      return system.daemons.flatMap((daemon) =>
        foldersOf(daemon.folder)
          .filter((id) => !live.has(id))
          .map((id) => ({ about: id, what: `${daemon.name} still has the folder of ${id}`, evidence: null })),
      );
    },
  };
}
