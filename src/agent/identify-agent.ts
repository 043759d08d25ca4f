import path from "node:path";
import type { AgentConfig, AgentSettings } from "./agent-config.ts";
import { agentKey } from "./agent-key.ts";
import { fetchManifest } from "./fetch-manifest.ts";
import { ServerHttp } from "./server-http.ts";

/**
 * The whole configuration of an agent. What its provisioner has not said of it, the server is asked for by its token, until it
 * answers: a script that templates embed must not differ between two builds. Null when it was aborted.
 */
export async function identifyAgent(settings: AgentSettings, abort: AbortSignal): Promise<AgentConfig | null> {
  const { said, isStateFolderSaid, ...config } = settings;
  const { workspaceId, startId, buildStage } = said;
  if (workspaceId !== undefined && startId !== undefined && buildStage !== undefined) {
    return { ...config, workspaceId, startId, buildStage };
  }
  const keyFolder = config.stateFolder;
  const key = agentKey({ ...config, keyFolder });
  const http = new ServerHttp({ ...config, key, requestMs: config.timing.requestMs });
  try {
    const manifest = await fetchManifest(config, http, abort);
    if (manifest === null) return null;
    return {
      ...config,
      keyFolder,
      // Several agents may share a home, and each has to remember its own.
      stateFolder: isStateFolderSaid ? config.stateFolder : path.join(config.stateFolder, manifest.agentName, "state"),
      workspaceId: workspaceId ?? manifest.workspaceId,
      startId: startId ?? manifest.startId ?? "",
      buildStage: buildStage ?? manifest.buildStage ?? "ordinary",
    };
  } finally {
    http.close();
  }
}
