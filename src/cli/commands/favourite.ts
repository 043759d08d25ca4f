import { favouritesMax } from "../../contracts/limits.ts";
import { defineCommand } from "../command.ts";
import { exitCodes } from "../exit-codes.ts";
import { findWorkspace } from "../follow/find-workspace.ts";
import { printable } from "../output/printable.ts";

interface FavouriteOptions {
  readonly workspaces: readonly string[];
  readonly isRemoved: boolean;
}

export const favouriteCommand = defineCommand<FavouriteOptions>({
  usage: "favourite <workspace...>",
  summary: "mark workspaces as favourites, which `list --favourites` shows",
  notes: `You can have ${favouritesMax}. They are kept with you, not with the machine.`,
  example: "prewarm favourite dev payments",
  options: [{ flags: "--remove", about: "they are favourites no more" }],
  isOrganizational: true,
  read: (input) => ({ workspaces: input.operands(0), isRemoved: input.isOn("remove") }),
  async run({ workspaces, isRemoved }, invocation) {
    const { output } = invocation;
    const client = await invocation.connect();
    const found: { readonly id: string; readonly name: string }[] = [];
    for (const name of workspaces) found.push(await findWorkspace(client, name, invocation));
    const ids = [...new Set(found.map(({ id }) => id))];
    const body = isRemoved ? { removeFavourites: ids } : { addFavourites: ids };
    const answer = await client.call("changePreferences", { body });
    output.result(
      answer,
      () =>
        found
          .map(({ name }) => `${printable(name)} is ${isRemoved ? "no favourite any more" : "a favourite"}.`)
          .join("\n"),
      () => answer.favourites,
    );
    return exitCodes.done;
  },
});
