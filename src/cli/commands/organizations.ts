import type { Organization } from "../../contracts/api/identity.ts";
import { type CliCommand, defineCommand } from "../command.ts";
import { exitCodes } from "../exit-codes.ts";
import { relativeTime } from "../output/time-text.ts";

const roleTexts = { template_admin: "template admin", member: "member" } as const;

const listOrganizations = defineCommand({
  usage: "list",
  summary: "list the organizations that you are in, or as an administrator all",
  notes: "The name is what --organization takes.",
  example: "prewarm organizations list",
  read: () => undefined,
  async run(_options, { output, world, connect }) {
    const answer = await (await connect()).call("listOrganizations", {});
    const now = world.clock.now();
    output.result(answer, () =>
      answer.organizations.length === 0
        ? "You are in no organization. An administrator can add you to one."
        : output.table<Organization>(answer.organizations, [
            { title: "NAME", cell: ({ name }) => name },
            { title: "TITLE", cell: ({ displayName }) => displayName },
            { title: "YOU ARE", cell: ({ role }) => (role === null ? "–" : roleTexts[role]) },
            { title: "MEMBERS", cell: ({ members }) => String(members), align: "right" },
            { title: "CREATED", cell: ({ createdAt }) => relativeTime(createdAt, now) },
          ]),
    );
    return exitCodes.done;
  },
});

export const organizationCommands: readonly CliCommand[] = [listOrganizations];
