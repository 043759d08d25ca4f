import { workspaceStatuses } from "../contracts/states.ts";
import { workspaceGroups } from "../contracts/workspace-groups.ts";
import type { CommandInput } from "./command-input.ts";
import type { OptionSpec } from "./command.ts";

/** Which workspaces a command is about, for commands on many. */
export const workspaceFilterOptions: readonly OptionSpec[] = [
  { flags: "-a, --all", about: "everybody's (administrators)" },
  { flags: "--owner <username>", about: "somebody's; `me` for all of your own" },
  { flags: "--template <name>", about: "made from this template" },
  { flags: "--status <status>", choices: workspaceStatuses, about: workspaceStatuses.join(", ") },
  { flags: "--group <group>", choices: workspaceGroups, about: workspaceGroups.join(", ") },
  { flags: "--outdated", about: "that have not their template's active version" },
  { flags: "--favourites", about: "only your favourites, see 'prewarm favourite'" },
  { flags: "--search <text>", about: "whose name contains the text" },
];

/** What of them was said; what was not is undefined. */
export function readWorkspaceFilter(input: CommandInput) {
  const isAll = input.isOn("all");
  const owner = input.text("owner");
  if (isAll && owner !== undefined) input.refuse("--all and --owner exclude each other.");
  return {
    owner: isAll ? "*" : owner,
    template: input.text("template"),
    status: input.choice("status", workspaceStatuses),
    group: input.choice("group", workspaceGroups),
    outdated: input.isOn("outdated") ? true : undefined,
    favourite: input.isOn("favourites") ? (true as const) : undefined,
    search: input.text("search"),
  };
}
