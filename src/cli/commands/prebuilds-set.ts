import type { SetPool } from "../../contracts/api/set-pool.ts";
import { poolInstancesMax } from "../../contracts/limits.ts";
import { type CliCommand, defineCommand } from "../command.ts";
import type { CommandInput } from "../command-input.ts";
import { definedOnly } from "../defined-only.ts";
import { exitCodes } from "../exit-codes.ts";
import { renderPools } from "../output/pool-table.ts";
import { printable } from "../output/printable.ts";
import { readOnePool, readPoolName } from "../pool-name.ts";

interface SetOptions {
  readonly pool: { readonly template: string; readonly preset: string };
  readonly set: SetPool;
}

const ttlMsMax = 365 * 86_400_000;

function readSet(input: CommandInput): SetOptions {
  const { template, preset: named } = readPoolName(input, input.operand(0));
  const preset = input.text("preset") ?? named;
  if (preset === undefined) input.refuse("Name the preset: TEMPLATE/PRESET, or --preset.");
  if (named !== undefined && preset !== named)
    input.refuse(`--preset is "${preset}", and the operand names "${named}".`);
  const instances = input.integer("instances", { min: 0, max: poolInstancesMax });
  if (instances === undefined) input.refuse("--instances is required: how many are kept ready.");
  const ttlMs = input.duration("ttl", { maxMs: ttlMsMax });
  const schedules = input.words("schedule").map((text) => readSchedule(input, text));
  return {
    pool: { template, preset },
    set: {
      instances,
      ...definedOnly({
        ttlSeconds: ttlMs === undefined ? undefined : Math.round(ttlMs / 1_000),
        timezone: input.text("timezone"),
        parameters: input.pairs("parameter"),
      }),
      ...(input.isOff("schedules") ? { schedules: [] } : schedules.length === 0 ? {} : { schedules }),
    },
  };
}

/** `CRON=INSTANCES`: the five fields of a schedule have no equals sign in them. */
function readSchedule(input: CommandInput, text: string): { readonly cron: string; readonly instances: number } {
  const [, cron, instances] = /^([^=]+)=(\d{1,6})$/.exec(text) ?? [];
  if (cron === undefined || instances === undefined) {
    input.refuse(`--schedule is "${text}"; it must be "CRON=INSTANCES", as in "* 8-18 * * 1-5=5".`);
  }
  return { cron: cron.trim(), instances: Number(instances) };
}

const setPool = defineCommand<SetOptions>({
  usage: "set <template[/preset]>",
  summary: "give a preset a pool beside its template, or another size, age and schedule",
  notes:
    "Counts for the active version at once, and for every later one. A preset that the template does not have is made, with the values that you give. `prebuilds unset` takes it back.",
  example: "prewarm prebuilds set my-coder-template --preset Large --instances 3 --schedule '* 8-18 * * 1-5=5'",
  options: [
    { flags: "--preset <name>", about: "the preset, where the operand is the template alone" },
    { flags: "--instances <number>", about: "how many are kept ready (0: none)" },
    { flags: "--schedule <cron=number>", about: "another number at these times; may be repeated", isRepeatable: true },
    { flags: "--no-schedules", about: "the same number at all times" },
    { flags: "--timezone <name>", about: "of the schedules, such as Europe/Berlin; UTC unless said" },
    { flags: "--ttl <duration>", about: "how old one may get, 1h to 365d; 0s: as old as it will" },
    {
      flags: "--parameter <key=value>",
      about: "of a preset that is made: value of a parameter; may be repeated",
      isRepeatable: true,
    },
  ],
  isOrganizational: true,
  read: readSet,
  async run({ pool, set }, { output, world, connect, organization }) {
    const client = await connect();
    const answer = await client.call("setPool", { params: pool, query: organization, body: set });
    output.result(answer, () => renderPools([answer], output, world.clock.now()));
    return exitCodes.done;
  },
});

const unsetPool = defineCommand<{ readonly template: string; readonly preset: string }>({
  usage: "unset <template/preset>",
  summary: "take back what was set beside the template: the pool is as the template says, or ends",
  example: "prewarm prebuilds unset my-coder-template/Large",
  isOrganizational: true,
  read: (input) => readOnePool(input, input.operand(0)),
  async run(params, { output, connect, organization }) {
    const answer = await (await connect()).call("unsetPool", { params, query: organization });
    const pool = printable(`${answer.template}/${answer.preset}`);
    output.result(answer, () =>
      answer.wasSet
        ? `The pool ${pool} is again as its template says.`
        : `Nothing was set of ${pool}: what there is, its template says.`,
    );
    return exitCodes.done;
  },
});

export const prebuildSetCommands: readonly CliCommand[] = [setPool, unsetPool];
