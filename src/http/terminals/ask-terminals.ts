import { Compile } from "typebox/compile";
import { CodedError } from "../../contracts/errors.ts";
import { type Terminal, TerminalAnswer, type TerminalAsk } from "../../contracts/terminals.ts";
import { within } from "../../platform/within.ts";
import type { HttpDeps } from "../http-deps.ts";
import { readAnswer, unanswered } from "../tunnel/ask-agent.ts";
import { type Asker, openForPerson } from "./terminal-stream.ts";

const checkAnswer = Compile(TerminalAnswer);
/** For the agent's answer. Ending a terminal takes as long as its programs are given to end. */
const answerMs = 20_000;

/** Asks a workspace's agent of its terminals. Errors: those of a stream; `not_found`; `agent_unavailable`. */
export async function askTerminals(deps: HttpDeps, asker: Asker, ask: TerminalAsk): Promise<readonly Terminal[]> {
  const answer = await within(answerOf(deps, asker, ask), answerMs, unanswered);
  if ("error" in answer) throw new CodedError("not_found", answer.error);
  return answer.terminals;
}

async function answerOf(deps: HttpDeps, asker: Asker, ask: TerminalAsk): Promise<TerminalAnswer> {
  const stream = await openForPerson(deps, asker, { kind: "terminals", ask });
  const answer = await readAnswer(stream, answerMs);
  if (checkAnswer.Check(answer)) return answer;
  throw unanswered();
}
