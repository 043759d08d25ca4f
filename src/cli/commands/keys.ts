import type { SshKey } from "../../contracts/api/ssh-keys.ts";
import { type CliCommand, defineCommand } from "../command.ts";
import { definedOnly } from "../defined-only.ts";
import { exitCodes } from "../exit-codes.ts";
import { printable } from "../output/printable.ts";
import { loginKeyCommands } from "./login-keys.ts";

function placesOf({ templates, isEverywhere }: SshKey): string {
  if (isEverywhere) return "every template";
  return templates.length === 0 ? "no template yet" : templates.join(", ");
}

const showKey = defineCommand<object>({
  usage: "show",
  summary: "print the public half of your SSH key, as forges want it",
  example: "prewarm keys show",
  read: () => ({}),
  async run(_, { output, connect }) {
    const key = await (await connect()).call("getSshKey", {});
    output.result(key, () => key.publicKey);
    output.progress(`It is for ${placesOf(key)}.`);
    return exitCodes.done;
  },
});

const createKey = defineCommand<{ readonly allow: readonly string[]; readonly isEverywhere: boolean }>({
  usage: "create",
  summary: "have an SSH key made that your workspaces can use, and print its public half",
  notes:
    "It is for no template before you name one, with --for or later with `allow`: a template's author decides what runs.",
  example: "prewarm keys create --for starter",
  isOrganizational: true,
  options: [
    { flags: "--for <template>", about: "a template whose workspaces can use it; may be repeated", isRepeatable: true },
    { flags: "--for-all", about: "workspaces of every template can use it, also of those of others" },
  ],
  read: (input) => ({ allow: input.words("for"), isEverywhere: input.isOn("for-all") }),
  async run({ allow, isEverywhere }, { output, connect, organization }) {
    const body = { allow: [...allow], ...(isEverywhere ? { isEverywhere } : {}) };
    const key = await (await connect()).call("createSshKey", { query: organization, body });
    output.result(key, () => key.publicKey);
    const isForNone = !key.isEverywhere && key.templates.length === 0;
    output.progress(
      isForNone
        ? "No workspace can use it before you name a template: prewarm keys allow TEMPLATE"
        : `It is for ${placesOf(key)}.`,
    );
    return exitCodes.done;
  },
});

const rotateKey = defineCommand<object>({
  usage: "rotate",
  summary: "replace your SSH key by a new one, for the same templates, and print its public half",
  example: "prewarm keys rotate",
  read: () => ({}),
  async run(_, { output, connect }) {
    const key = await (await connect()).call("rotateSshKey", {});
    output.result(key, () => key.publicKey);
    output.progress("The old one is gone: give forges the new one.");
    return exitCodes.done;
  },
});

function changePlaces(verb: "allow" | "disallow", summary: string): CliCommand {
  return defineCommand<{ readonly templates: readonly string[] }>({
    usage: `${verb} <templates...>`,
    summary,
    example: `prewarm keys ${verb} starter`,
    isOrganizational: true,
    read: (input) => ({ templates: input.operands(0) }),
    async run({ templates }, { output, connect, organization }) {
      const body = { [verb]: [...templates], ...(verb === "disallow" ? { isEverywhere: false } : {}) };
      const key = await (await connect()).call("placeSshKey", { query: organization, body });
      output.result(key, () => `Your SSH key is for ${placesOf(key)}.`);
      return exitCodes.done;
    },
  });
}

const removeKey = defineCommand<{ readonly loginKey: string | undefined; readonly owner: string | undefined }>({
  usage: "remove [name]",
  summary: "remove the SSH key that your workspaces can use; with a name, one by which you sign in at the SSH gateway",
  notes: "A key of the gateway may be named by its fingerprint, too. What was connected with it ends within seconds.",
  example: "prewarm keys remove laptop",
  options: [{ flags: "--owner <username>", about: "another's, for administrators" }],
  read: (input) => ({ loginKey: input.optionalOperand(0), owner: input.text("owner") }),
  async run({ loginKey, owner }, { output, connect }) {
    if (loginKey !== undefined) {
      await (await connect()).call("removeLoginKey", { params: { loginKey }, query: definedOnly({ owner }) });
      output.result({ removed: loginKey }, () => `${printable(loginKey)} is removed.`);
      return exitCodes.done;
    }
    await (await connect()).call("removeSshKey", { query: definedOnly({ owner }) });
    output.result({ removed: true }, () => "The SSH key is removed.");
    return exitCodes.done;
  },
});

export const keyCommands: readonly CliCommand[] = [
  showKey,
  createKey,
  rotateKey,
  changePlaces("allow", "let workspaces of templates use your SSH key"),
  changePlaces("disallow", "let them use it no longer, nor those of every template"),
  ...loginKeyCommands,
  removeKey,
];
