import { Compile } from "typebox/compile";
import { createAppLink } from "../../app/apps/app-links.ts";
import { listApps, portViews, seeShares, shareApp, unshareApp } from "../../app/apps/apps.ts";
import { requireWorkspace } from "../../app/workspaces/workspaces.ts";
import type { appRoutes } from "../../contracts/api/apps.ts";
import { TunnelPorts } from "../../contracts/tunnel.ts";
import type { Handlers } from "../handler.ts";
import type { HttpDeps } from "../http-deps.ts";
import { openForPerson } from "../terminals/terminal-stream.ts";
import { readAnswer, unanswered } from "../tunnel/ask-agent.ts";

const checkPorts = Compile(TunnelPorts);
const portsAnswerMs = 10_000;

export function appHandlers(deps: HttpDeps): Handlers<keyof typeof appRoutes> {
  return {
    listApps: async ({ caller, params }) => await listApps(deps, caller, params.workspace),
    listPorts: async ({ caller: actor, request, params, query }) => {
      const leave = deps.places.take("tunnel", actor, request);
      try {
        const workspace = await requireWorkspace(deps, actor, params.workspace);
        const agent = query.agent ?? null;
        const stream = await openForPerson(deps, { request, actor, workspace: workspace.id, agent }, { kind: "ports" });
        const answer = await readAnswer(stream, portsAnswerMs);
        if (!checkPorts.Check(answer)) throw unanswered();
        return await portViews(deps, workspace, { agent, seen: answer.ports });
      } finally {
        leave();
      }
    },
    listShares: async ({ caller, query }) => await seeShares(deps, caller, query),
    setShare: async ({ caller, params, body }) => {
      await shareApp(deps, caller, { ...params, ...body });
      return {};
    },
    createAppLink: async ({ caller, params, body }) => await createAppLink(deps, caller, { ...params, ...body }),
    removeShare: async ({ caller, params, query }) => {
      await unshareApp(deps, caller, { ...params, ...query });
      return {};
    },
  };
}
