import type { BuildId, WorkspaceId } from "../../contracts/ids.ts";
import type { GoneReport } from "../../contracts/provisioner-protocol.ts";
import { goneWorkspace } from "../../db/resources/missing-resources.ts";
import type { AppContext } from "../app-context.ts";
import { knownDaemon } from "./known-daemon.ts";
import { replaceOrNote } from "./replace-or-note.ts";

/**
 * What a daemon has just seen to be gone. No age gate: unlike a list, which is older than its report, this names the
 * build whose work is gone, and it is fenced by that.
 * Errors: `not_found` for a daemon that has not registered, `lease_lost` for an incarnation that was replaced.
 */
export async function reportGone(context: AppContext, input: GoneReport): Promise<void> {
  const daemon = await knownDaemon(context, input);
  const done = await context.db.transaction("report gone", async (tx) => {
    const gone = await goneWorkspace(tx, {
      daemonId: daemon.id,
      driver: input.driver,
      workspaceId: input.workspaceId as WorkspaceId,
      buildId: input.buildId as BuildId,
    });
    return await replaceOrNote(tx, gone, { driver: input.driver, daemon: daemon.name, now: context.clock.now() });
  });
  for (const row of done) {
    const what = row.generation === null ? "its owner finds a note in its log" : "the prebuild is replaced";
    context.logger.warn(`what a workspace consists of was removed behind our back; ${what}`, {
      daemon: daemon.name,
      workspaceId: row.workspace_id,
      gone: input.detail,
    });
  }
}
