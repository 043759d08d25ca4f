import { defineCommand } from "../command.ts";
import { exitCodes } from "../exit-codes.ts";
import { findWorkspace } from "../follow/find-workspace.ts";
import { printable } from "../output/printable.ts";
import { refreshHosts } from "../ssh/refresh-hosts.ts";

export const renameCommand = defineCommand<{ readonly workspace: string; readonly name: string }>({
  usage: "rename <workspace> <new-name>",
  summary: "give a workspace another name; what runs in it goes on",
  notes:
    "Commands that begin from then on see the new name as PREWARM_WORKSPACE_NAME. A template that names what it makes " +
    "after the workspace changes that, or makes it anew, at the next stop or start; where that may be, the command says it.",
  example: "prewarm rename dev payments",
  isOrganizational: true,
  read: (input) => ({ workspace: input.operand(0), name: input.operand(1) }),
  async run(options, invocation) {
    const { output, world } = invocation;
    const client = await invocation.connect();
    const { id } = await findWorkspace(client, options.workspace, invocation);
    const answer = await client.call("renameWorkspace", { params: { workspace: id }, body: { name: options.name } });
    const { workspace, before, sentences } = answer;
    output.result(
      answer,
      () =>
        before === workspace.name
          ? `It is called ${printable(workspace.name)} already.`
          : `${printable(before)} is called ${printable(workspace.name)} now.`,
      () => [workspace.name],
    );
    for (const sentence of sentences) output.progress(sentence);
    await refreshHosts(world, client);
    return exitCodes.done;
  },
});
