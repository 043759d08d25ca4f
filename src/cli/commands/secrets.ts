import { readFile } from "node:fs/promises";
import path from "node:path";
import type { Secret } from "../../contracts/api/secrets.ts";
import { CodedError } from "../../contracts/errors.ts";
import { secretValueBytesMax } from "../../contracts/limits.ts";
import { type CliCommand, defineCommand } from "../command.ts";
import { definedOnly } from "../defined-only.ts";
import { exitCodes } from "../exit-codes.ts";
import { relativeTime } from "../output/time-text.ts";
import { askSecret, canAsk } from "../prompts.ts";
import type { CliWorld } from "../world.ts";

const templateOption = { flags: "--template <name>", about: "a template's own instead of yours, for its admins" };

const listSecrets = defineCommand<{ readonly template: string | undefined; readonly owner: string | undefined }>({
  usage: "list",
  summary: "list your secrets, or a template's; their values are shown to nobody",
  example: "prewarm secrets list",
  isOrganizational: true,
  options: [templateOption, { flags: "--owner <username>", about: "another's, for administrators" }],
  read: (input) => {
    const [template, owner] = [input.text("template"), input.text("owner")];
    if (template !== undefined && owner !== undefined) input.refuse("--template and --owner exclude each other.");
    return { template, owner };
  },
  async run({ template, owner }, { output, world, connect, organization }) {
    const client = await connect();
    const answer =
      template === undefined
        ? await client.call("listSecrets", { query: definedOnly({ owner }) })
        : await client.call("listTemplateSecrets", { params: { template }, query: organization });
    const now = world.clock.now();
    output.result(answer, () =>
      output.table<Secret>(answer.secrets, [
        { title: "NAME", cell: ({ name }) => name },
        { title: "FOR", cell: placesOf },
        { title: "SET", cell: ({ setAt }) => relativeTime(setAt, now) },
        { title: "BY", cell: ({ setBy }) => setBy ?? "–" },
        { title: "DESCRIPTION", cell: ({ description }) => description },
      ]),
    );
    return exitCodes.done;
  },
});

function placesOf({ templates, isEverywhere }: Secret): string {
  if (isEverywhere) return "every template";
  return templates.length === 0 ? "no template yet" : templates.join(", ");
}

interface SetOptions {
  readonly secret: string;
  readonly template: string | undefined;
  readonly description: string | undefined;
  readonly allow: readonly string[];
  readonly isEverywhere: boolean;
  readonly from:
    | { readonly kind: "prompt" }
    | { readonly kind: "stdin" }
    | { readonly kind: "file"; readonly file: string };
}

const setSecret = defineCommand<SetOptions>({
  usage: "set <name>",
  summary: "set a secret of yours, or of a template",
  notes:
    "The value is asked for, or comes from standard input or a file; it is never an argument, which others on the machine " +
    "could see. The end of its only line is left out. Yours is for no template before you name one, with --for or later with `allow`.",
  example: "prewarm secrets set GITHUB_TOKEN --for starter --stdin < token-file",
  isOrganizational: true,
  options: [
    templateOption,
    { flags: "--for <template>", about: "a template that your secret is for; may be repeated", isRepeatable: true },
    { flags: "--for-all", about: "your secret is for every template, also those of others" },
    { flags: "--stdin", about: "read the value from standard input" },
    { flags: "--from-file <path>", about: "read the value from a file" },
    { flags: "--description <text>", about: "what it is for" },
  ],
  read: (input) => {
    const [file, isPiped, template] = [input.text("from-file"), input.isOn("stdin"), input.text("template")];
    const [allow, isEverywhere] = [input.words("for"), input.isOn("for-all")];
    if (file !== undefined && isPiped) input.refuse("--stdin and --from-file exclude each other.");
    if (template !== undefined && (allow.length > 0 || isEverywhere)) {
      input.refuse("--template needs no --for: a template's secret is for that template.");
    }
    const from: SetOptions["from"] =
      file !== undefined ? { kind: "file", file } : isPiped ? { kind: "stdin" } : { kind: "prompt" };
    return { secret: input.operand(0), template, description: input.text("description"), allow, isEverywhere, from };
  },
  async run(options, { output, world, connect, organization }) {
    const { secret, template, description, allow, isEverywhere } = options;
    const client = await connect();
    const body = { value: await readValue(world, options.from), ...definedOnly({ description }) };
    const answer =
      template === undefined
        ? await client.call("setSecret", {
            params: { secret },
            query: organization,
            body: { ...body, allow: [...allow], ...(isEverywhere ? { isEverywhere } : {}) },
          })
        : await client.call("setTemplateSecret", { params: { template, secret }, query: organization, body });
    output.result(answer, () => `${secret} is set, for ${placesOf(answer)}.`);
    if (!answer.isEverywhere && answer.templates.length === 0) {
      output.progress(`No workspace gets it before you name a template: prewarm secrets allow ${secret} TEMPLATE`);
    }
    return exitCodes.done;
  },
});

async function readValue(world: CliWorld, from: SetOptions["from"]): Promise<string> {
  if (from.kind === "prompt") {
    if (canAsk(world)) return await askSecret(world, "Value");
    throw new CodedError("invalid_request", "There is no terminal to ask for the value.", {
      next: "Use --stdin or --from-file.",
    });
  }
  const text = from.kind === "stdin" ? await wholeInput(world) : await wholeFile(world, from.file);
  const isOneLine = text.indexOf("\n") === text.length - 1;
  const value = isOneLine ? text.replace(/\r?\n$/, "") : text;
  if (value !== "") return value;
  throw new CodedError("invalid_request", "The value is empty.", { next: "Give one, or remove the secret." });
}

async function wholeInput(world: CliWorld): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of world.stdin) {
    pieces.push(Buffer.from(piece));
    bytes += Buffer.byteLength(piece);
    if (bytes > secretValueBytesMax + 2) throw tooLong();
  }
  return textOf(Buffer.concat(pieces));
}

async function wholeFile(world: CliWorld, file: string): Promise<string> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path.resolve(world.workingDirectory, file));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CodedError("invalid_request", `${file} cannot be read: ${reason}.`, { cause, next: "Check its path." });
  }
  if (bytes.length > secretValueBytesMax + 2) throw tooLong();
  return textOf(bytes);
}

/** What is no text would arrive in the workspace as something else. */
function textOf(bytes: Buffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new CodedError("invalid_request", "The value is not UTF-8 text.", {
      cause,
      next: "Encode it, as by `base64`.",
    });
  }
}

function tooLong(): CodedError {
  return new CodedError("too_large", `The value is longer than ${secretValueBytesMax} bytes.`);
}

function changePlaces(verb: "allow" | "disallow", summary: string): CliCommand {
  return defineCommand<{ readonly secret: string; readonly templates: readonly string[] }>({
    usage: `${verb} <name> <templates...>`,
    summary,
    example: `prewarm secrets ${verb} GITHUB_TOKEN starter`,
    isOrganizational: true,
    read: (input) => ({ secret: input.operand(0), templates: input.operands(1) }),
    async run({ secret, templates }, { output, connect, organization }) {
      const body = { [verb]: [...templates], ...(verb === "disallow" ? { isEverywhere: false } : {}) };
      const answer = await (await connect()).call("setSecret", { params: { secret }, query: organization, body });
      output.result(answer, () => `${secret} is for ${placesOf(answer)}.`);
      return exitCodes.done;
    },
  });
}

interface RemoveOptions {
  readonly secret: string;
  readonly template: string | undefined;
  readonly owner: string | undefined;
}

const removeSecret = defineCommand<RemoveOptions>({
  usage: "remove <name>",
  summary: "remove a secret of yours, or of a template",
  example: "prewarm secrets remove GITHUB_TOKEN",
  isOrganizational: true,
  options: [templateOption, { flags: "--owner <username>", about: "another's, for administrators" }],
  read: (input) => {
    const [template, owner] = [input.text("template"), input.text("owner")];
    if (template !== undefined && owner !== undefined) input.refuse("--template and --owner exclude each other.");
    return { secret: input.operand(0), template, owner };
  },
  async run({ secret, template, owner }, { output, connect, organization }) {
    const client = await connect();
    if (template === undefined) {
      await client.call("removeSecret", { params: { secret }, query: definedOnly({ owner }) });
    } else await client.call("removeTemplateSecret", { params: { template, secret }, query: organization });
    output.result({ removed: secret }, () => `${secret} is removed.`);
    return exitCodes.done;
  },
});

export const secretCommands: readonly CliCommand[] = [
  listSecrets,
  setSecret,
  changePlaces("allow", "let a secret of yours go to workspaces of templates"),
  changePlaces("disallow", "let it go there no longer, nor to every template"),
  removeSecret,
];
