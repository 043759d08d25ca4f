import { metadataPlace } from "../../app/agents/metadata-place.ts";
import type { agentMetadataRoutes } from "../../contracts/api/agent-metadata.ts";
import type { Handlers } from "../handler.ts";
import type { HttpDeps } from "../http-deps.ts";
import { askMetadata } from "../metadata/ask-metadata.ts";
import { readMetadata } from "../metadata/read-metadata.ts";

export function agentMetadataHandlers(deps: HttpDeps): Handlers<keyof typeof agentMetadataRoutes> {
  return {
    getAgentMetadata: async ({ caller: actor, params, request }) => {
      const place = await metadataPlace(deps, actor, params);
      const { server } = place;
      if (server === null) return { state: "not_connected", items: [] };
      if (server === "this") return readMetadata(deps, place.agentId);
      return await askMetadata(deps, { request, actor, place, elsewhere: server });
    },
  };
}
