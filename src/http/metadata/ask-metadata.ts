import type { FastifyRequest } from "fastify";
import { Compile } from "typebox/compile";
import type { OtherServer } from "../../app/agents/exec-target.ts";
import type { MetadataPlace } from "../../app/agents/metadata-place.ts";
import type { Actor } from "../../app/authorize.ts";
import { AgentMetadata, agentMetadataPath } from "../../contracts/api/agent-metadata.ts";
import { CodedError } from "../../contracts/errors.ts";
import type { HttpDeps } from "../http-deps.ts";
import { httpLimits } from "../http-limits.ts";
import { relayTo } from "../relay-credential.ts";

const checkAnswer = Compile(AgentMetadata);
/** All items at their longest, with every character written as six. */
const answerBytesMax = 2_097_152;

interface Asking {
  readonly request: FastifyRequest;
  readonly actor: Actor;
  readonly place: MetadataPlace;
  readonly elsewhere: OtherServer;
}

/**
 * What an agent told last that is connected to another server: that one is asked by the same route, with a ticket of the person's.
 * Errors: `agent_unavailable` when it cannot be reached, is of a release that has no such route, or the agent has moved.
 */
export async function askMetadata(deps: HttpDeps, asking: Asking): Promise<AgentMetadata> {
  const { request, actor, place, elsewhere } = asking;
  const path = agentMetadataPath(place.workspaceId, place.agent);
  const { headers } = relayTo(deps, { request, actor, elsewhere, path });
  const { relayConnectMs } = deps.limits ?? httpLimits;
  const answer = await answerOf(new URL(path, elsewhere.url), headers, relayConnectMs);
  if (checkAnswer.Check(answer)) return answer;
  throw unreached("it gave an answer that is none");
}

async function answerOf(url: URL, headers: Readonly<Record<string, string>>, limitMs: number): Promise<unknown> {
  try {
    const signal = AbortSignal.timeout(limitMs);
    const response = await fetch(url, { headers, signal, redirect: "error" });
    if (!response.ok) {
      await response.body?.cancel();
      throw unreached(`it answers with status ${response.status}`);
    }
    return JSON.parse(await textOf(response));
  } catch (error) {
    if (error instanceof CodedError) throw error;
    throw unreached(error instanceof Error ? error.message : String(error));
  }
}

async function textOf(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const piece of response.body ?? []) {
    bytes += piece.length;
    if (bytes > answerBytesMax) throw unreached("its answer is too long");
    text += decoder.decode(piece, { stream: true });
  }
  return text + decoder.decode();
}

function unreached(why: string): CodedError {
  return new CodedError("agent_unavailable", `The server that holds the agent could not be asked: ${why}.`, {
    retryAfterSeconds: 1,
  });
}
