import type { AgentManifest } from "../contracts/agent-protocol.ts";
import type { ImageFacts } from "../contracts/image-facts.ts";
import type { AgentConfig } from "./agent-config.ts";
import { commonEnvironment } from "./hook-environment.ts";
import type { ServerHttp } from "./server-http.ts";
import { workFolder } from "./work-folder.ts";

/** What editors depend on. Loaded when somebody asks: an agent at rest has no need of it. */
export async function lookAtImage(config: AgentConfig, manifest: AgentManifest): Promise<ImageFacts> {
  const { imageFacts } = await import("./image/image-facts.ts");
  const environment = commonEnvironment(config, manifest);
  return imageFacts({ home: config.home, folder: workFolder(config, manifest), environment });
}

/**
 * Tells the server what a prebuild's image is like, where it wants to know: nobody can ask the agent of a prebuild. One
 * that fails is told by the next prebuild of the pool.
 */
export async function reportImage(
  { config, http, abort }: { readonly config: AgentConfig; readonly http: ServerHttp; readonly abort: AbortSignal },
  manifest: AgentManifest,
): Promise<void> {
  if (manifest.isImageWanted !== true) return;
  try {
    await http.image(await lookAtImage(config, manifest), abort);
  } catch (error) {
    if (!abort.aborted) config.logger.warn("the server was not told what the image is like", { error });
  }
}
