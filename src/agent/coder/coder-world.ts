import { spawn } from "node:child_process";
import { readFileSync, writeSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import { withKeptGivenBack } from "../../contracts/shielded-variables.ts";
import { askLine } from "../line-exchange.ts";
import { coderAnswerBytesMax, type CoderAnswer, coderAnswerMs, type CoderAsk } from "./coder-words.ts";
import { coderFolderVariable, socketFileName } from "./launcher.ts";
import { machineSource } from "./machine-source.ts";
import type { StatSource } from "./stat-readings.ts";

/** What the command `coder` has around it. */
export interface CoderWorld extends StatSource {
  readonly print: (text: string) => void;
  readonly complain: (text: string) => void;
  /** Asks the workspace's agent. Errors: it cannot be reached. */
  readonly ask: (ask: CoderAsk) => Promise<CoderAnswer>;
  readonly home: string;
  /** Runs a script by `sh -e` with these variables besides, and with what this program reads and prints. @returns its exit code. */
  readonly runScript: (script: string, variables: Readonly<Record<string, string>>) => Promise<number>;
}

export function systemWorld(environment: Readonly<Record<string, string | undefined>>): CoderWorld {
  return {
    ...machineSource,
    print: (text) => void writeSync(1, `${text}\n`),
    complain: (text) => void writeSync(2, `coder: ${text}\n`),
    ask: async (ask) => await asked(environment[coderFolderVariable], ask),
    home: environment["HOME"] ?? homedir(),
    runScript: (script, variables) =>
      new Promise((resolve, reject) => {
        const env = { ...withKeptGivenBack(environment), ...variables };
        const child = spawn("sh", ["-e", "-c", script], { env, stdio: "inherit" });
        child.on("error", reject);
        child.on("exit", (code) => resolve(code ?? 1));
      }),
  };
}

/** Its socket is looked up each time: an agent that was restarted has another one. */
async function asked(folder: string | undefined, ask: CoderAsk): Promise<CoderAnswer> {
  if (folder === undefined)
    throw new Error("this command belongs to a workspace's agent, and is not started by itself");
  const socket = readFileSync(path.join(folder, socketFileName), "utf8");
  const text = JSON.stringify(ask.kind === "git" ? { ...ask.ask, kind: "git" } : ask);
  const exchange = { bytesMax: coderAnswerBytesMax, limitMs: coderAnswerMs };
  // Only the agent can be at the other end: the folder is its user's alone.
  return JSON.parse(await askLine(socket, text, exchange)) as CoderAnswer;
}
