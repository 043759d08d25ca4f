import path from "node:path";
import type { AgentManifest } from "../contracts/agent-protocol.ts";
import type { AgentConfig } from "./agent-config.ts";

/** Where hooks and commands run: the agent's `directory`, relative to the home unless it is absolute. */
export function workFolder(config: AgentConfig, manifest: AgentManifest): string {
  return path.resolve(config.home, manifest.directory);
}
