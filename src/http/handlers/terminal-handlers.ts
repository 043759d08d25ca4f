import type { terminalRoutes } from "../../contracts/api/terminals.ts";
import { CodedError } from "../../contracts/errors.ts";
import type { Terminal, TerminalAsk } from "../../contracts/terminals.ts";
import type { Actor } from "../../app/authorize.ts";
import type { FastifyRequest } from "fastify";
import type { Handlers } from "../handler.ts";
import type { HttpDeps } from "../http-deps.ts";
import { askTerminals } from "../terminals/ask-terminals.ts";

interface Asked {
  readonly caller: Actor;
  readonly request: FastifyRequest;
  readonly params: { readonly workspace: string };
  readonly query: { readonly agent?: string };
}

export function terminalHandlers(deps: HttpDeps): Handlers<keyof typeof terminalRoutes> {
  const ask = async ({ caller: actor, request, params, query }: Asked, wanted: TerminalAsk) => {
    const leave = deps.places.take("tunnel", actor, request);
    try {
      const asker = { request, actor, workspace: params.workspace, agent: query.agent ?? null };
      return await askTerminals(deps, asker, wanted);
    } finally {
      leave();
    }
  };
  const askOfOne = async (asked: Asked, wanted: TerminalAsk): Promise<Terminal> => {
    const [terminal] = await ask(asked, wanted);
    if (terminal === undefined) throw new CodedError("not_found", "There is no such terminal in this workspace.");
    return terminal;
  };
  return {
    listTerminals: async (call) => ({ terminals: [...(await ask(call, { verb: "list" }))] }),
    renameTerminal: async (call) =>
      await askOfOne(call, { verb: "rename", id: call.params.terminal, name: call.body.name }),
    closeTerminal: async (call) => await askOfOne(call, { verb: "close", id: call.params.terminal }),
  };
}
