import { askLine } from "../line-exchange.ts";
import { type GitAnswer, type GitAsk, gitAnswerMs, gitOperations, gitWordBytesMax } from "./git-words.ts";

/** The first argument that makes the agent's program git's credential helper. */
export const gitCredentialArgument = "git-credential";

export interface CredentialProgram {
  /** What follows `git-credential`: the agent's socket and git's operation. */
  readonly arguments: readonly string[];
  readonly stdin: AsyncIterable<unknown>;
  readonly print: (text: string) => void;
  readonly complain: (text: string) => void;
}

/**
 * Git's credential helper: asks the workspace's agent for what git wants. However that ends, git goes on: to its other
 * helpers, or to asking whoever uses it.
 */
export async function runCredentialProgram(program: CredentialProgram): Promise<void> {
  const [socket = "", word] = program.arguments;
  const operation = gitOperations.find((one) => one === word);
  // Git adds operations now and then; whoever does not know one is to pass it over.
  if (operation === undefined) return;
  try {
    const answer = await answerOf(socket, askOf(operation, await attributesOf(program.stdin)));
    if (answer.notice !== null) program.complain(`prewarm: ${answer.notice}\n`);
    const { credential } = answer;
    if (credential !== null) program.print(`username=${credential.username}\npassword=${credential.password}\n`);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    program.complain(`prewarm: the workspace's agent was not asked for a token: ${reason}\n`);
  }
}

async function attributesOf(stdin: AsyncIterable<unknown>): Promise<ReadonlyMap<string, string>> {
  let text = "";
  for await (const piece of stdin) {
    text += String(piece);
    if (text.length > gitWordBytesMax) throw new Error("git has said too much");
  }
  return new Map(
    text.split("\n").flatMap((line) => {
      const at = line.indexOf("=");
      return at < 1 ? [] : [[line.slice(0, at), line.slice(at + 1)] as const];
    }),
  );
}

function askOf(operation: GitAsk["operation"], attributes: ReadonlyMap<string, string>): GitAsk {
  return {
    operation,
    protocol: attributes.get("protocol") ?? "",
    host: attributes.get("host") ?? "",
    username: attributes.get("username") ?? null,
    password: attributes.get("password") ?? null,
  };
}

async function answerOf(path: string, ask: GitAsk): Promise<GitAnswer> {
  // A little more than the agent has, so that its own word comes first.
  const exchange = { bytesMax: gitWordBytesMax, limitMs: gitAnswerMs + 2_000 };
  const text = await askLine(path, JSON.stringify(ask), exchange);
  // Only the agent can be at the other end: the folder is its user's alone.
  return JSON.parse(text) as GitAnswer;
}
