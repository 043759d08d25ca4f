import { readFile } from "node:fs/promises";
import path from "node:path";
import type { LoginKey } from "../../contracts/api/login-keys.ts";
import { CodedError } from "../../contracts/errors.ts";
import { publicKeyLengthMax } from "../../contracts/limits.ts";
import { type CliCommand, defineCommand } from "../command.ts";
import { definedOnly } from "../defined-only.ts";
import { exitCodes } from "../exit-codes.ts";
import { printable } from "../output/printable.ts";
import { relativeTime } from "../output/time-text.ts";
import type { CliWorld } from "../world.ts";

const addKey = defineCommand<{ readonly file: string; readonly name: string | undefined }>({
  usage: "add <file>",
  summary: "add the public half of a key by which you sign in at the SSH gateway; - reads standard input",
  notes:
    "With it, `ssh -J` gets into your workspaces where the command line is not installed, if the deployment has a gateway. " +
    "`prewarm keys show | prewarm keys add -` adds the key that your workspaces can use.",
  example: "prewarm keys add ~/.ssh/id_ed25519.pub --name laptop",
  options: [{ flags: "--name <name>", about: "what you call it; what is written behind the key unless said" }],
  read: (input) => ({ file: input.operand(0), name: input.text("name") }),
  async run({ file, name }, { output, world, connect }) {
    const publicKey = await readKey(world, file);
    const key = await (await connect()).call("addLoginKey", { body: { publicKey, ...definedOnly({ name }) } });
    output.result(
      key,
      () => `${key.name}: ${key.fingerprint}`,
      () => [key.name],
    );
    return exitCodes.done;
  },
});

const listKeys = defineCommand<{ readonly owner: string | undefined }>({
  usage: "list",
  summary: "list the keys by which you sign in at the SSH gateway",
  example: "prewarm keys list",
  options: [{ flags: "--owner <username>", about: "another's, for administrators" }],
  read: (input) => ({ owner: input.text("owner") }),
  async run(options, { output, world, connect }) {
    const answer = await (await connect()).call("listLoginKeys", { query: definedOnly(options) });
    const now = world.clock.now();
    output.result(
      answer,
      () =>
        answer.loginKeys.length === 0
          ? "No keys for the SSH gateway."
          : output.table<LoginKey>(answer.loginKeys, [
              { title: "NAME", cell: ({ name }) => name },
              { title: "TYPE", cell: ({ publicKey }) => publicKey.split(" ")[0] ?? "" },
              { title: "FINGERPRINT", cell: ({ fingerprint }) => fingerprint },
              { title: "ADDED", cell: ({ createdAt }) => relativeTime(createdAt, now) },
              { title: "LAST USED", cell: ({ lastUsedAt }) => relativeTime(lastUsedAt, now) },
            ]),
      () => answer.loginKeys.map(({ name }) => name),
    );
    return exitCodes.done;
  },
});

async function readKey(world: CliWorld, file: string): Promise<string> {
  if (file === "-") return await readInput(world);
  try {
    const text = await readFile(path.resolve(world.workingDirectory, file), "utf8");
    return text.slice(0, publicKeyLengthMax);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CodedError("invalid_request", `${printable(file)} cannot be read: ${why}.`, { cause });
  }
}

async function readInput({ stdin }: CliWorld): Promise<string> {
  let text = "";
  for await (const piece of stdin) {
    text += String(piece);
    // No key is longer, and the server says of the beginning what is wrong.
    if (text.length > publicKeyLengthMax) return text.slice(0, publicKeyLengthMax);
  }
  return text;
}

export const loginKeyCommands: readonly CliCommand[] = [addKey, listKeys];
