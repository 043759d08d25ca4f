import { poolSorts, type PrebuildRow, type PrebuildStatus } from "../../contracts/api/prebuilds.ts";
import { poolConditions } from "../../contracts/states.ts";
import { pageSizeMax } from "../../contracts/limits.ts";
import { ledgerStates } from "../../contracts/states.ts";
import { prebuildsUsername } from "../../contracts/system-ids.ts";
import { defineCommand } from "../command.ts";
import type { CommandInput } from "../command-input.ts";
import { definedOnly } from "../defined-only.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Invocation } from "../invocation.ts";
import type { Output } from "../output/output.ts";
import { causeLines, renderPools } from "../output/pool-table.ts";
import { relativeTime } from "../output/time-text.ts";
import { pageOptions, readPage } from "../paging.ts";

function read(input: CommandInput) {
  const isSingle = input.isOn("workspaces");
  const preset = input.text("preset");
  const state = input.choice("state", ledgerStates);
  if (!isSingle && (preset !== undefined || state !== undefined)) {
    input.refuse("--preset and --state choose single prebuilds; add --workspaces.");
  }
  const condition = input.choice("condition", poolConditions);
  const sort = input.choice("sort", poolSorts);
  const text = input.text("text");
  if (isSingle && (condition !== undefined || sort !== undefined || text !== undefined)) {
    input.refuse("--condition, --sort and --text choose pools; leave --workspaces out.");
  }
  const { limit = pageSizeMax, offset } = readPage(input);
  return { isSingle, template: input.text("template"), preset, state, condition, sort, text, limit, offset };
}

type ListOptions = ReturnType<typeof read>;

function renderPrebuilds(prebuilds: readonly PrebuildRow[], output: Output, now: Date): string {
  return output.table(prebuilds, [
    { title: "NAME", cell: ({ name }) => name },
    { title: "TEMPLATE", cell: ({ template, version }) => `${template} ${version}` },
    { title: "PRESET", cell: ({ preset }) => preset },
    { title: "STATE", cell: ({ state, isExpired }) => (isExpired ? `${state}, expired` : state) },
    { title: "CREATED", cell: ({ createdAt }) => relativeTime(createdAt, now) },
    { title: "READY", cell: ({ readyAt }) => relativeTime(readyAt, now) },
    { title: "ERROR", cell: ({ error }) => error ?? "" },
  ]);
}

/** The command that shows the rest of an error, with the first failed one's name in it. */
function restLines(prebuilds: readonly PrebuildRow[]): readonly string[] {
  const broken = prebuilds.find(({ error, state }) => error !== null && state !== "deleted");
  if (broken === undefined) return [];
  return [
    "",
    `\`prewarm logs ${prebuildsUsername}/${broken.name}\` shows the rest of its error, and likewise of the others.`,
  ];
}

async function listSingle(options: ListOptions, invocation: Invocation): Promise<void> {
  const { output, world, connect, organization } = invocation;
  const { template, preset, state, limit, offset } = options;
  const query = { ...definedOnly({ template, preset, state, limit, offset }), ...organization };
  const answer = await (await connect()).call("listPrebuilds", { query });
  output.result(answer, () =>
    answer.prebuilds.length === 0
      ? "No prebuilds."
      : [renderPrebuilds(answer.prebuilds, output, world.clock.now()), ...restLines(answer.prebuilds)].join("\n"),
  );
  output.noteRest({ shown: answer.prebuilds.length, offset: offset ?? 0, total: answer.total });
}

function switchNotes(status: PrebuildStatus, now: Date): string[] {
  const since = `${relativeTime(status.disabledAt, now)} by ${status.disabledBy ?? "somebody"}`;
  const stored = `Prebuilds were switched off ${since}, and the pools stay as they are; \`prewarm prebuilds enable\` switches them on.`;
  const byOption =
    "Prebuilds are switched off on this server, by its option prebuilds.enabled; start it with --prebuilds-enabled.";
  return [...(status.disabledAt === null ? [] : [stored]), ...(status.isOffByOption ? [byOption] : [])];
}

async function listPools(options: ListOptions, invocation: Invocation): Promise<void> {
  const { output, world, connect, organization } = invocation;
  const { template, condition, sort, text, limit, offset } = options;
  const query = { ...definedOnly({ template, condition, sort, text, limit, offset }), ...organization };
  const answer = await (await connect()).call("listPools", { query });
  const now = world.clock.now();
  const render = (): string => {
    const notes: string[] = [];
    notes.push(...switchNotes(answer, now).map(output.paint.yellow));
    if (answer.isPaused) {
      const since = `${relativeTime(answer.pausedAt, now)} by ${answer.pausedBy ?? "somebody"}`;
      notes.push(
        output.paint.yellow(`Reconciliation was paused ${since}; \`prewarm prebuilds resume\` lets it go on.`),
      );
    }
    const pools = answer.pools.length === 0 ? "No pools." : renderPools(answer.pools, output, now);
    const causes = causeLines(answer.pools);
    return [...notes, pools, ...(causes.length === 0 ? [] : ["", ...causes])].join("\n");
  };
  output.result(answer, render, () => answer.pools.map(({ template: name, preset }) => `${name}/${preset}`));
  output.noteRest({ shown: answer.pools.length, offset: offset ?? 0, total: answer.total });
}

export const listPrebuildsCommand = defineCommand<ListOptions>({
  usage: "list",
  summary: "list pools in numbers, or with --workspaces the prebuilds in them",
  example: "prewarm prebuilds list --workspaces --template node --state failed",
  options: [
    { flags: "--workspaces", about: "the single prebuilds, failed and parked ones included" },
    { flags: "--template <name>", about: "of this template" },
    { flags: "--preset <name>", about: "of this preset (with --workspaces)" },
    { flags: "--state <state>", choices: ledgerStates, about: `with --workspaces: ${ledgerStates.join(", ")}` },
    { flags: "--condition <word>", choices: poolConditions, about: `pools that are ${poolConditions.join(", ")}` },
    { flags: "--text <text>", about: "pools with this in their name" },
    { flags: "--sort <by>", choices: poolSorts, about: `pools by ${poolSorts.join(", ")}` },
    ...pageOptions,
  ],
  isOrganizational: true,
  read,
  async run(options, invocation) {
    await (options.isSingle ? listSingle : listPools)(options, invocation);
    return exitCodes.done;
  },
});
