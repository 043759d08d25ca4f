import type { TemplateLifecycle } from "../../contracts/api/schedules.ts";
import { activities, type LifecyclePolicyChanges, weekdays } from "../../contracts/lifecycle.ts";
import { formatDurationMs } from "../../platform/config/duration.ts";
import { defineCommand } from "../command.ts";
import type { CommandInput } from "../command-input.ts";
import { definedOnly } from "../defined-only.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Output } from "../output/output.ts";

const onOff = ["on", "off"] as const;
const lengths = [
  ["default-ttl", "defaultTtlMs", "TTL of workspaces whose creation names none"],
  ["max-ttl", "maxTtlMs", "longest TTL, and longest run"],
  ["activity-bump", "activityBumpMs", "how far use moves the deadline"],
  ["failure-ttl", "failureTtlMs", "when what a failed start has left is stopped"],
  ["dormant-after", "dormantAfterMs", "when an unused workspace is stopped and dormant"],
  ["delete-dormant-after", "deleteDormantAfterMs", "when a dormant workspace is deleted"],
] as const;

interface Options {
  readonly template: string;
  readonly changes: LifecyclePolicyChanges;
  readonly reset: true | undefined;
}

function read(input: CommandInput): Options {
  const days = input.text("autostart-days")?.split(",");
  const known: readonly string[] = weekdays;
  const wrong = days?.find((day) => !known.includes(day));
  if (wrong !== undefined) input.refuse(`--autostart-days has "${wrong}"; days are ${weekdays.join(", ")}.`);
  const autostart = input.choice("autostart", onOff);
  const activity = input.choice("activity", activities);
  return {
    template: input.operand(0),
    changes: {
      ...definedOnly(Object.fromEntries(lengths.map(([flag, field]) => [field, input.length(flag)]))),
      ...(activity === undefined ? {} : { activity }),
      ...(autostart === undefined ? {} : { isAutostartAllowed: autostart === "on" }),
      ...(days === undefined ? {} : { autostartDays: weekdays.filter((day) => days.includes(day)) }),
    },
    reset: input.isOn("reset") ? true : undefined,
  };
}

function render({ policy, changes }: TemplateLifecycle, output: Output): string {
  const changed = (field: keyof LifecyclePolicyChanges): string =>
    changes[field] === undefined ? "" : " (changed beside the manifest)";
  const days =
    policy.autostartDays.length === weekdays.length ? "on every day" : `on ${policy.autostartDays.join(", ")}`;
  return output.fields([
    ...lengths.map(([flag, field]) => {
      const ms = policy[field];
      return [flag.replaceAll("-", " "), `${ms === null ? "none" : formatDurationMs(ms)}${changed(field)}`] as const;
    }),
    ["activity", `${policy.activity}${changed("activity")}`],
    [
      "autostart",
      `${policy.isAutostartAllowed ? days : "off"}${changed("isAutostartAllowed")}${changed("autostartDays")}`,
    ],
  ]);
}

export const templateScheduleCommand = defineCommand<Options>({
  usage: "schedule <template>",
  summary: "show, or change beside its manifest, what a template says about its workspaces' lifecycle",
  notes:
    "What is not changed here is as the manifest of the active version says. Workspaces keep the TTL that they have; " +
    "unclaimed prebuilds are not concerned.",
  example: "prewarm templates schedule node --default-ttl 8h --dormant-after 30d",
  options: [
    ...lengths.map(([flag, , about]) => ({ flags: `--${flag} <duration>`, about: `${about}; or none` })),
    {
      flags: "--activity <what>",
      choices: activities,
      about: "what moves the deadline: use, or also being connected",
    },
    { flags: "--autostart <on|off>", choices: onOff, about: "whether workspaces may start by themselves" },
    { flags: "--autostart-days <days>", about: "days on which they do: mon,tue,wed" },
    { flags: "--reset", about: "first take back what was changed beside the manifest" },
  ],
  isOrganizational: true,
  read,
  async run({ template, changes, reset }, { output, connect, organization }) {
    const client = await connect();
    const at = { params: { template }, query: organization };
    const isChange = reset !== undefined || Object.keys(changes).length > 0;
    const answer = isChange
      ? await client.call("setTemplateLifecycle", { ...at, body: { changes, ...definedOnly({ reset }) } })
      : await client.call("getTemplateLifecycle", at);
    output.result(answer, () => render(answer, output));
    return exitCodes.done;
  },
});
