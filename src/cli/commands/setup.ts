import { readFile } from "node:fs/promises";
import path from "node:path";
import { CodedError } from "../../contracts/errors.ts";
import { passwordLengthMax, passwordLengthMin } from "../../contracts/limits.ts";
import { parseSetupLink, type SetupLink, setupLinkFileName } from "../../contracts/setup-link.ts";
import { sleep } from "../../platform/sleep.ts";
import { defineCommand } from "../command.ts";
import type { CommandInput } from "../command-input.ts";
import { exitCodes } from "../exit-codes.ts";
import { clientFor, type Invocation } from "../invocation.ts";
import { askNewSecret, askText, canAsk, readSecrets } from "../prompts.ts";
import { requireContextName, saveSession } from "../session.ts";
import { readServerUrl } from "../server-url.ts";
import type { CliWorld } from "../world.ts";

const keptTriesMax = 10;
const keptPauseMs = 200;

interface SetupOptions {
  readonly url: string | undefined;
  /** What the command line says of the set-up token: the token or the whole link, where to read it, or nothing. */
  readonly token: { readonly kind: "given"; readonly text: string } | { readonly kind: "stdin" | "find" };
  readonly dataDir: string | undefined;
  readonly isPasswordPiped: boolean;
  readonly isSigningIn: boolean;
}

function read(input: CommandInput): SetupOptions {
  const place = input.optionalOperand(0);
  const text = input.text("token");
  const isPiped = input.isOn("token-stdin");
  const dataDir = input.text("data-dir");
  if (text !== undefined && isPiped) input.refuse("--token and --token-stdin exclude each other.");
  const common = { dataDir, isPasswordPiped: input.isOn("password-stdin"), isSigningIn: !input.isOff("login") };
  const link = place === undefined ? undefined : parseSetupLink(place);
  if (link !== undefined) {
    if (text !== undefined || isPiped) input.refuse("The link has the set-up token in it; leave --token out.");
    return { ...common, url: link.url, token: { kind: "given", text: link.secret } };
  }
  const url = place === undefined ? undefined : readServerUrl(place);
  if (place !== undefined && url === undefined) {
    input.refuse(`"${place}" is not the address of a server; write it like http://127.0.0.1:7080.`);
  }
  return { ...common, url, token: text === undefined ? { kind: isPiped ? "stdin" : "find" } : { kind: "given", text } };
}

/** What standard input is to hold, in this order. */
function readPiped(options: SetupOptions, world: CliWorld): Promise<readonly string[]> {
  const wanted = [
    ...(options.token.kind === "stdin" ? ["set-up token"] : []),
    ...(options.isPasswordPiped ? ["password"] : []),
  ];
  return wanted.length === 0 ? Promise.resolve([]) : readSecrets(world, wanted);
}

/** A link as the server prints it, or the token alone where the server's address is known. */
function linkOf(text: string, url: string | undefined): SetupLink {
  const link = parseSetupLink(text);
  if (link !== undefined) return url === undefined ? link : { url, secret: link.secret };
  if (url !== undefined) return { url, secret: text.trim() };
  throw new CodedError("invalid_request", "It is not known which server the set-up token is of.", {
    next: "Give the whole link that the server printed, or the server's address: `prewarm setup URL --token TOKEN`.",
  });
}

/** A script may be there first: a server answers a moment before it has written its link. */
async function readKept(file: string, triesMax: number): Promise<{ readonly kept?: string; readonly why: string }> {
  for (let tried = 1; ; tried += 1) {
    try {
      return { kept: await readFile(file, "utf8"), why: "" };
    } catch (error) {
      const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT";
      if (!isMissing) return { why: error instanceof Error ? error.message : String(error) };
      if (tried >= triesMax) return { why: "there is no such file" };
    }
    await sleep(keptPauseMs);
  }
}

async function findLink(options: SetupOptions, world: CliWorld): Promise<SetupLink> {
  const { url } = options;
  const folder = options.dataDir ?? (world.env["PREWARM_DATA_DIR"] || (await world.serverDataDir()));
  const file = path.join(path.resolve(world.workingDirectory, folder), setupLinkFileName);
  const { kept, why } = await readKept(file, canAsk(world) ? 1 : keptTriesMax);
  if (kept !== undefined) return linkOf(kept, url);
  if (canAsk(world)) return linkOf(await askText(world, "The set-up link that the server printed"), url);
  throw new CodedError("setup_link_invalid", `No set-up link was given, and none is in ${file}: ${why}.`, {
    next: "On the server's host name its data folder with --data-dir; elsewhere give the link that the server printed. A server whose administrator has a password prints none: `prewarm login URL`.",
  });
}

async function choosePassword(world: CliWorld): Promise<string> {
  if (!canAsk(world)) {
    throw new CodedError("invalid_request", "There is no terminal to ask for the new password.", {
      next: "Use `--password-stdin`.",
    });
  }
  return askNewSecret(world, `Password of the administrator, ${passwordLengthMin} to ${passwordLengthMax} characters`);
}

async function run(options: SetupOptions, { output, world }: Invocation): Promise<number> {
  // Before the link is used up, which works only once.
  if (options.isSigningIn) requireContextName(world);
  const piped = await readPiped(options, world);
  const token =
    options.token.kind === "stdin" ? piped[0] : options.token.kind === "given" ? options.token.text : undefined;
  const { url, secret } = token === undefined ? await findLink(options, world) : linkOf(token, options.url);
  const password = options.isPasswordPiped ? (piped.at(-1) ?? "") : await choosePassword(world);
  const client = await clientFor(url, undefined);
  const { username } = await client.call("setUp", { body: { secret, password } });
  if (!options.isSigningIn) {
    output.result({ url, username, kind: null, expiresAt: null }, () => `${username} has a password at ${url} now.`);
    return exitCodes.done;
  }
  const answer = await client.call("login", { body: { username, password } });
  const { expiresAt } = answer;
  const file = await saveSession(world, { url, token: answer.secret, username, kind: "session", expiresAt });
  output.progress(`The session is kept in ${file}.`);
  const session = { url, username, kind: "session", expiresAt };
  output.result(session, () => `${username} has a password at ${url} now, and you are signed in.`);
  return exitCodes.done;
}

export const setupCommand = defineCommand<SetupOptions>({
  usage: "setup [link]",
  summary: "set the first administrator's password, and sign in: no browser is needed",
  notes:
    "On the server's host it finds the one-time link by itself, in the data folder, which only the server's account can " +
    "read. Elsewhere give the link that the server printed, or the server's address and the token (what follows `#`). " +
    "Where both are read from standard input, the token is its first line and the password its second.",
  example: "prewarm setup --password-stdin < password-file",
  options: [
    { flags: "--token <token>", about: "the set-up token, or the whole link" },
    { flags: "--token-stdin", about: "read the set-up token, or the whole link, from standard input" },
    { flags: "--password-stdin", about: "read the new password from standard input" },
    { flags: "--data-dir <folder>", about: "the server's data folder; this checkout's unless said" },
    { flags: "--no-login", about: "do not sign in" },
  ],
  read,
  run,
});
