import type { StateVersion } from "../../contracts/api/states.ts";
import { type CliCommand, defineCommand } from "../command.ts";
import { definedOnly } from "../defined-only.ts";
import { exitCodes } from "../exit-codes.ts";
import { relativeTime } from "../output/time-text.ts";
import { type Page, pageOptions, readPage } from "../paging.ts";

const listStates = defineCommand<Page & { readonly workspace: string }>({
  usage: "list <workspace>",
  summary: "list the kept versions of what a workspace's driver knows to exist",
  notes:
    "For template admins; of a person's workspace for administrators. Version 0 is the newest, which the next job gets.",
  example: "prewarm state list ada/dev",
  options: pageOptions,
  read: (input) => ({ ...readPage(input), workspace: input.operand(0) }),
  async run({ workspace, ...page }, { output, world, connect }) {
    const client = await connect();
    const answer = await client.call("listStateVersions", { params: { workspace }, query: definedOnly(page) });
    const now = world.clock.now();
    output.result(answer, () =>
      answer.versions.length === 0
        ? "Nothing was ever made, or the driver keeps no state."
        : output.table<StateVersion>(answer.versions, [
            { title: "VERSION", cell: ({ version }) => (version === 0 ? "0 (newest)" : String(version)) },
            { title: "STORED", cell: ({ storedAt }) => relativeTime(storedAt, now) },
            { title: "JOB", cell: ({ jobId }) => jobId },
            { title: "ATTEMPT", cell: ({ attempt }) => String(attempt), align: "right" },
            { title: "SERIAL", cell: ({ serial }) => String(serial), align: "right" },
            { title: "BYTES", cell: ({ bytes }) => String(bytes), align: "right" },
          ]),
    );
    output.noteRest({ shown: answer.versions.length, offset: page.offset ?? 0, total: answer.total });
    return exitCodes.done;
  },
});

const showState = defineCommand<{ readonly workspace: string; readonly version: number }>({
  usage: "show <workspace>",
  summary: "print one version of what a workspace's driver knows to exist",
  notes:
    "For template admins; of a person's workspace for administrators. Tokens, and what Terraform calls sensitive, are " +
    "masked, and each look is audited. It is for reading: a masked state is of no use to Terraform.",
  example: "prewarm state show ada/dev --version 17",
  options: [{ flags: "--version <n>", about: "as `prewarm state list` tells; 0, the newest, unless said" }],
  read: (input) => ({
    workspace: input.operand(0),
    version: input.integer("version", { min: 0, max: Number.MAX_SAFE_INTEGER }) ?? 0,
  }),
  async run(params, { output, connect }) {
    const client = await connect();
    const answer = await client.call("getStateVersion", { params });
    output.result(answer, () => JSON.stringify(answer.state, null, 2));
    return exitCodes.done;
  },
});

export const stateCommands: readonly CliCommand[] = [listStates, showState];
