import { CodedError } from "../../contracts/errors.ts";
import { defineCommand } from "../command.ts";
import type { CommandInput } from "../command-input.ts";
import { exitCodes } from "../exit-codes.ts";
import { clientFor, type Invocation } from "../invocation.ts";
import { askSecret, askText, canAsk, readSecret } from "../prompts.ts";
import type { StoredSession } from "../contexts.ts";
import { readServerUrl } from "../server-url.ts";
import { requireContextName, saveSession } from "../session.ts";

interface LoginOptions {
  readonly url: string;
  readonly username: string | undefined;
  readonly credential: "password" | "token" | "ask";
}

function read(input: CommandInput): LoginOptions {
  const text = input.operand(0);
  const url = readServerUrl(text);
  if (url === undefined) input.refuse(`"${text}" is not the address of a server; write it like http://127.0.0.1:7080.`);
  const fromPassword = input.isOn("password-stdin");
  const fromToken = input.isOn("token-stdin");
  const username = input.text("username");
  if (fromPassword && fromToken) input.refuse("--password-stdin and --token-stdin exclude each other.");
  if (fromToken && username !== undefined) input.refuse("--token-stdin needs no --username: the token says who it is.");
  if (fromPassword && username === undefined) input.refuse("--password-stdin needs --username.");
  return { url, username, credential: fromPassword ? "password" : fromToken ? "token" : "ask" };
}

async function signInWithToken(url: string, token: string): Promise<StoredSession> {
  const user = await (await clientFor(url, token)).call("whoAmI", {});
  return { url, token, username: user.username, kind: "api", expiresAt: null };
}

async function signIn(options: LoginOptions, { world }: Invocation): Promise<StoredSession> {
  if (options.credential === "token") return signInWithToken(options.url, await readSecret(world, "token"));
  if (options.credential === "ask" && !canAsk(world)) {
    throw new CodedError("unauthenticated", "There is no terminal to ask for the password.", {
      next: "Use `--username U --password-stdin` or `--token-stdin`.",
    });
  }
  const username = options.username ?? (await askText(world, "User name"));
  const password =
    options.credential === "password" ? await readSecret(world, "password") : await askSecret(world, "Password");
  const client = await clientFor(options.url, undefined);
  const answer = await client.call("login", { body: { username, password } });
  return {
    url: options.url,
    token: answer.secret,
    username: answer.user.username,
    kind: "session",
    expiresAt: answer.expiresAt,
  };
}

export const loginCommand = defineCommand<LoginOptions>({
  usage: "login <url>",
  summary: "sign in to a server",
  notes:
    "Asks for user name and password on a terminal. The session is kept in a file that only you can read, under the " +
    "name that --context gives, or the server's address. Sign in to as many servers as you like.",
  example: "prewarm login http://127.0.0.1:7080 --username admin --password-stdin < password-file",
  options: [
    { flags: "-u, --username <name>", about: "user name" },
    { flags: "--password-stdin", about: "read the password from standard input" },
    { flags: "--token-stdin", about: "read an API token from standard input instead" },
  ],
  read,
  async run(options, invocation) {
    const { output, world } = invocation;
    requireContextName(world);
    const session = await signIn(options, invocation);
    const file = await saveSession(world, session);
    output.progress(`The session is kept in ${file}.`);
    const { url, username, kind, expiresAt } = session;
    output.result({ url, username, kind, expiresAt }, () => `Signed in to ${url} as ${username}.`);
    return exitCodes.done;
  },
});
