import { defineCommand } from "../command.ts";
import { exitCodes } from "../exit-codes.ts";
import { findWorkspace } from "../follow/find-workspace.ts";
import { printable } from "../output/printable.ts";

export const renameCommand = defineCommand<{ readonly workspace: string; readonly name: string }>({
  usage: "rename <workspace> <new-name>",
  summary: "give a workspace another name",
  notes:
    "It goes on running. Commands that are run in it from now on see the new name as PREWARM_WORKSPACE_NAME; what its " +
    "template makes of the name follows at its next start.",
  example: "prewarm rename dev api",
  read: (input) => ({ workspace: input.operand(0), name: input.operand(1) }),
  async run({ workspace, name }, invocation) {
    const client = await invocation.connect();
    const before = await findWorkspace(client, workspace, invocation);
    const renamed = await client.call("renameWorkspace", { params: { workspace: before.id }, body: { name } });
    invocation.output.result(renamed, () => `${printable(before.name)} is called ${printable(renamed.name)} now.`);
    return exitCodes.done;
  },
});
