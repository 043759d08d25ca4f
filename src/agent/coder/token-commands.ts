import { parseArgs } from "node:util";
import type { GitAnswer } from "../git/git-words.ts";
import type { CoderWorld } from "./coder-world.ts";

type TokenWorld = Pick<CoderWorld, "ask" | "print" | "complain">;

/** Which host is meant where an id names what runs there, as Coder's ids do by custom: `github`, `primary-github`. */
const knownHosts: Readonly<Record<string, string>> = {
  github: "github.com",
  gitlab: "gitlab.com",
  bitbucket: "bitbucket.org",
};

/** The host of the accounts that an id stands for; a host's own name stands for itself. Null: nobody can say. */
export function hostOfExternalAuth(id: string): string | null {
  if (/^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+(:\d+)?$/.test(id)) return id.toLowerCase();
  const words = id.toLowerCase().split(/[-_]/);
  return words.map((word) => knownHosts[word]).find((host) => host !== undefined) ?? null;
}

/**
 * `coder external-auth access-token ID`: prints the owner's token of the git host that the id stands for. @returns the exit
 * code: 1 where there is none, and on standard output why, and what links one.
 */
export async function externalAuth(words: readonly string[], world: TokenWorld): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: { extra: { type: "string" } },
  });
  const [action, id, ...more] = positionals;
  if (action !== "access-token" || id === undefined || more.length > 0) {
    throw new Error("the usage is coder external-auth access-token ID");
  }
  if (values.extra !== undefined)
    throw new Error("--extra is not offered by Prewarm: of an account it keeps the token alone");
  const host = hostOfExternalAuth(id);
  if (host === null) {
    world.print(
      `No git host is known for "${id}": Prewarm has tokens of git hosts, as github, gitlab, bitbucket, or a host's name.`,
    );
    return 1;
  }
  const { credential, notice } = await gitAnswer(world, { protocol: "https", host, username: null });
  if (credential === null) {
    world.print(notice ?? `There is no token for ${host}.`);
    return 1;
  }
  world.print(credential.password);
  return 0;
}

const prompt = /^(?<what>Username|Password) for '(?<address>[^']+)': ?$/;

/** Whether git asks, which has this program as its `GIT_ASKPASS`. */
export function isPrompt(text: string): boolean {
  return prompt.test(text);
}

/** Answers git's question. @returns the exit code: with 1 git goes on to ask at the terminal. */
export async function askpass(text: string, world: TokenWorld): Promise<number> {
  const { what, address = "" } = prompt.exec(text)?.groups ?? {};
  if (!URL.canParse(address)) return 1;
  const { protocol, host, username } = new URL(address);
  const { credential, notice } = await gitAnswer(world, {
    protocol: protocol.slice(0, -1),
    host,
    username: username === "" ? null : decodeURIComponent(username),
  });
  if (credential !== null) world.print(what === "Username" ? credential.username : credential.password);
  else if (notice !== null) world.complain(notice);
  return credential === null ? 1 : 0;
}

async function gitAnswer(
  world: TokenWorld,
  about: { readonly protocol: string; readonly host: string; readonly username: string | null },
): Promise<GitAnswer> {
  const answer = await world.ask({ kind: "git", ask: { operation: "get", ...about, password: null } });
  if (answer.outcome === "refused") throw new Error(answer.reason);
  return answer.value as GitAnswer; // as the agent answers this question
}
