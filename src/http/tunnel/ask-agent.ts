import type { TunnelDuplex } from "../../tunnel/tunnel-duplex.ts";
import { CodedError } from "../../contracts/errors.ts";
import { codedReset } from "../../tunnel/coded-reset.ts";

const answerBytesMax = 262_144;

/**
 * All that an agent answers over a stream of one question, as JSON.
 * Errors: those of a stream; `agent_unavailable` for one that answers nothing, or what is none, in time.
 */
export async function readAnswer(stream: TunnelDuplex, answerMs: number): Promise<unknown> {
  const late = setTimeout(() => stream.destroy(unanswered()), answerMs);
  try {
    let text = "";
    for await (const piece of stream) {
      text += String(piece);
      if (text.length > answerBytesMax) throw unanswered();
    }
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw unanswered();
    throw codedReset(error);
  } finally {
    clearTimeout(late);
    stream.end();
  }
}

export function unanswered(): CodedError {
  return new CodedError("agent_unavailable", "The agent is connected, and gave no answer.", {
    next: "Look whether the workspace's machine is stopped or overloaded.",
  });
}
