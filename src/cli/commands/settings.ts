import type { Setting } from "../../contracts/api/settings.ts";
import { CodedError } from "../../contracts/errors.ts";
import { matchingSettings, settingValueText } from "../../contracts/setting-words.ts";
import { type CliCommand, defineCommand } from "../command.ts";
import { exitCodes } from "../exit-codes.ts";
import { relativeTime } from "../output/time-text.ts";

interface ListOptions {
  readonly words: string;
  readonly isChangedOnly: boolean;
}

const effectTexts = { at_once: "at once", restart: "restart" } as const;

const listSettings = defineCommand<ListOptions>({
  usage: "list [words...]",
  summary: "list the options of the server: value, where it comes from, and when a change counts",
  notes:
    "For administrators. With words: those whose name or description has all of them. Values are those of the server that " +
    "answers; secrets are not shown.",
  example: "prewarm settings list prebuilds --changed",
  options: [{ flags: "--changed", about: "only those that are not at their default, or have a value stored" }],
  read: (input) => ({ words: input.operands(0).join(" "), isChangedOnly: input.isOn("changed") }),
  async run({ words, isChangedOnly }, { output, connect }) {
    const { settings } = await (await connect()).call("listSettings", {});
    const shown = matchingSettings(settings, { words, isChangedOnly });
    output.result({ settings: shown }, () =>
      shown.length === 0
        ? "No option matches."
        : output.table<Setting>(shown, [
            { title: "NAME", cell: ({ name }) => name },
            { title: "VALUE", cell: settingValueText },
            { title: "SOURCE", cell: ({ source }) => source },
            { title: "CHANGE COUNTS", cell: ({ effect }) => effectTexts[effect] },
          ]),
    );
    return exitCodes.done;
  },
});

const showSetting = defineCommand<{ readonly name: string }>({
  usage: "show <name>",
  summary: "show an option: what it does, its value, and what else is said of it where",
  notes: "For administrators.",
  example: "prewarm settings show prebuilds.in_flight_total",
  read: (input) => ({ name: input.operand(0) }),
  async run({ name }, { output, world, connect }) {
    const { settings } = await (await connect()).call("listSettings", {});
    const setting = settings.find((candidate) => candidate.name === name);
    if (setting === undefined) {
      const next = "`prewarm settings list` shows them all.";
      throw new CodedError("not_found", `There is no option ${JSON.stringify(name)}.`, { next });
    }
    output.result(setting, () => linesOf(setting, world.clock.now()).join("\n"));
    return exitCodes.done;
  },
});

function linesOf(setting: Setting, now: Date): readonly string[] {
  const { stored } = setting;
  const by = stored?.by ?? "somebody who is not here any more";
  return [
    setting.description,
    "",
    `Value      ${settingValueText(setting)} (${setting.source})`,
    `Default    ${setting.default || "–"}`,
    `Accepts    ${setting.expected}`,
    ...(stored === null
      ? []
      : [
          `Stored     ${stored.value}, ${relativeTime(stored.at, now)}, by ${by}`,
          ...(stored.isInForce
            ? []
            : ["           It does not count on this server, which was started with another value."]),
        ]),
    setting.effect === "at_once"
      ? `Change     prewarm settings set ${setting.name} VALUE: counts on every server within seconds`
      : `Change     ${setting.flag}, ${setting.environment} or the file, and restart each server`,
  ];
}

const setSetting = defineCommand<{ readonly name: string; readonly value: string }>({
  usage: "set <name> <value>",
  summary: "change an option of the deployment while it runs",
  notes:
    "For administrators; audited. Every server has it within seconds. Refused of an option that is read when a server " +
    "starts, and where the server was started with a value of it.",
  example: "prewarm settings set prebuilds.in_flight_total 50",
  read: (input) => ({ name: input.operand(0), value: input.operand(1) }),
  async run({ name, value }, { output, connect }) {
    const setting = await (await connect()).call("storeSetting", { params: { setting: name }, body: { value } });
    output.result(setting, () => `${name} is ${settingValueText(setting)} now, on every server within seconds.`);
    return exitCodes.done;
  },
});

const resetSetting = defineCommand<{ readonly name: string }>({
  usage: "reset <name>",
  summary: "take a stored value back, so that the default counts again",
  notes: "For administrators; audited.",
  example: "prewarm settings reset prebuilds.in_flight_total",
  read: (input) => ({ name: input.operand(0) }),
  async run({ name }, { output, connect }) {
    const setting = await (await connect()).call("resetSetting", { params: { setting: name } });
    output.result(setting, () => `${name} is ${settingValueText(setting)} (${setting.source}).`);
    return exitCodes.done;
  },
});

export const settingCommands: readonly CliCommand[] = [listSettings, showSetting, setSetting, resetSetting];
