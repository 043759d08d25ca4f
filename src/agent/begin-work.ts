import type { AgentManifest } from "../contracts/agent-protocol.ts";
import type { AgentConfig } from "./agent-config.ts";
import type { AgentLog } from "./agent-log.ts";
import type { AgentMemory } from "./agent-memory.ts";
import type { AppChecks } from "./apps/app-checks.ts";
import type { BuildSettings } from "./build-settings.ts";
import { fetchManifest } from "./fetch-manifest.ts";
import type { HandOver } from "./hand-over.ts";
import { followLeftOfScripts } from "./left-output.ts";
import type { Lifecycle } from "./lifecycle.ts";
import { reportImage } from "./look-at-image.ts";
import type { RecurringScripts } from "./scripts/recurring-scripts.ts";
import type { ServerHttp } from "./server-http.ts";
import type { ServerSocket } from "./server-socket.ts";
import type { WorkspaceSecrets } from "./workspace-secrets.ts";
import { startWorkspace } from "./workspace-start.ts";

export interface Work {
  readonly config: AgentConfig;
  readonly memory: AgentMemory;
  readonly log: AgentLog;
  readonly secrets: WorkspaceSecrets;
  readonly http: ServerHttp;
  readonly settings: BuildSettings;
  readonly lifecycle: Lifecycle;
  readonly socket: ServerSocket;
  readonly apps: AppChecks;
  readonly recurring: RecurringScripts;
  readonly handOver: HandOver;
  readonly abort: AbortSignal;
}

/**
 * Brings the workspace from its manifest to a state that people can use.
 * @param told `onStarted`: there is something to be put away at a stop; `onUsable`: whatever waits for the start may go on.
 */
export async function beginWork(
  work: Work,
  told: { readonly onStarted: () => void; readonly onUsable: () => void },
): Promise<void> {
  const { config, log, http, settings, lifecycle, socket, apps, recurring, handOver, abort } = work;
  const fetched = await beginning(work);
  if (fetched === null) return;
  await apps.begin(fetched.appChecks ?? []);
  await lifecycle.become("starting", "", socket);
  const manifest = await settings.begin(fetched, abort);
  if (manifest === null) return;
  void followLeftOfScripts({ ...work, manifest, scripts: settings.scripts });
  const outcome = await startWorkspace({ ...work, manifest, owner: () => handOver.record });
  if (outcome === null) return;
  // What has started is put away, also when the stop comes before the server has heard of the start.
  told.onStarted();
  if (abort.aborted) return;
  if (outcome.detail !== "") log.add({ level: "error", source: "agent", text: outcome.detail });
  apps.start();
  await handOver.compared();
  recurring.renew();
  await lifecycle.become(outcome.state, outcome.detail, socket);
  // Also when the hook failed: the owner's commands are what repairs it.
  told.onUsable();
  if (outcome.state === "ready") await reportImage({ config, http, abort }, manifest);
}

/** The manifest, and what its scripts are to find before the first of them runs; null when it was aborted. */
async function beginning({ config, secrets, http, abort }: Work): Promise<AgentManifest | null> {
  const manifest = await fetchManifest(config, http, abort);
  if (manifest !== null) await config.coder?.open(manifest, (ask) => secrets.gitCredential(ask));
  return manifest;
}
