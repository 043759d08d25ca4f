import { setMaxListeners } from "node:events";
import type { AgentManifest, ServerToAgent } from "../contracts/agent-protocol.ts";
import { execPerAgentMax } from "../contracts/limits.ts";
import { sleep } from "../platform/sleep.ts";
import { systemClock } from "../platform/clock.ts";
import { makeFolder } from "../platform/make-folder.ts";
import type { AgentConfig } from "./agent-config.ts";
import { AppChecks } from "./apps/app-checks.ts";
import { agentKey } from "./agent-key.ts";
import { AgentLog } from "./agent-log.ts";
import { beginWork } from "./begin-work.ts";
import { BuildSettings } from "./build-settings.ts";
import { AgentMemory } from "./agent-memory.ts";
import { ExecSessions } from "./exec-sessions.ts";
import { HandOver } from "./hand-over.ts";
import type { AgentMetadataValue } from "../contracts/agent-metadata.ts";
import { followLeft } from "./left-output.ts";
import { RecurringScripts } from "./scripts/recurring-scripts.ts";
import { Lifecycle } from "./lifecycle.ts";
import { ServerHttp } from "./server-http.ts";
import { ServerSocket } from "./server-socket.ts";
import { WorkspaceSecrets } from "./workspace-secrets.ts";
import { AgentTunnel } from "./tunnel/agent-tunnel.ts";
import { targets } from "./tunnel/targets.ts";
import { stopWorkspace } from "./workspace-stop.ts";

/** Longest time that the last frames may take on their way out. */
const farewellMs = 1_000;

/**
 * Runs the agent until `abort` fires, then ends what it has started, and resolves.
 * `created → starting → ready | start_error | start_timeout → shutting_down → off` (architecture §6).
 */
export async function runAgent(config: AgentConfig, abort: AbortSignal): Promise<void> {
  // The connection outlives the work: the last states go over it.
  const connection = manyMayWait(new AbortController());
  makeFolder(config.home);
  const memory = new AgentMemory(config.stateFolder);
  const key = agentKey(config);
  const http = new ServerHttp({ ...config, key, requestMs: config.timing.requestMs });
  const log = new AgentLog();
  const lifecycle = new Lifecycle(config.version);
  const settings = new BuildSettings(config, http);
  const start = deferred();
  const started = (): Promise<AgentManifest> => start.promise.then(() => settings.current);
  let hasStarted = false;
  const onContradiction = (why: string): void => void lifecycle.lose(why, socket);
  const onNote = (text: string): void => void lifecycle.note(text, socket);
  const asking = { http, isConnected: (): boolean => socket.isOpen };
  const basics = { config, memory, log, secrets: new WorkspaceSecrets({ config, log, ...asking }) };
  void followLeft({ ...basics, abort });
  const onHandedOver = (): void => {
    apps.lookAnew();
    recurring.renew();
  };
  const parts = { ...basics, ...asking, settings, started, onContradiction, onNote, onHandedOver };
  const handOver = new HandOver(parts);
  const socket: ServerSocket = new ServerSocket(
    { ...config, key },
    {
      onOpen: () => tellAnew({ handOver, sessions, tunnel, apps, recurring, tellState: () => lifecycle.tell(socket) }),
      // Nobody can poke it now: it asks by itself, beginning at once.
      onClose: () => handOver.poke(),
      onMessage: (message) => listener.receive(message),
    },
  );
  const onMetadata = (values: readonly AgentMetadataValue[]): void =>
    void socket.send({ kind: "metadata", at: systemClock.now().toISOString(), values: [...values] });
  const recurring: RecurringScripts = new RecurringScripts({ ...basics, settings, onMetadata });
  const apps: AppChecks = new AppChecks({ home: config.home, socket, isOwned: () => handOver.isOwned, abort });
  const sessions = new ExecSessions({ config, socket, handOver, started, abort: connection.signal });
  const offered = targets({ config, handOver, started, abort });
  const tunnel = new AgentTunnel({ config, key, handOver, abort, openTarget: offered.open });
  const listener = listenerOf({ handOver, settings, sessions, tunnel });
  const connected = socket.run(connection.signal);
  const logged = log.run(socket, { flushMs: config.timing.logFlushMs, abort: connection.signal });
  const handingOver = handOver.run(abort);

  const work = { ...basics, http, settings, lifecycle, socket, apps, recurring, handOver, abort };
  const starting = beginWork(work, {
    onStarted: () => (hasStarted = true),
    onUsable: () => start.resolve(),
  });
  await untilAborted(abort);
  start.reject(new Error("the workspace is shutting down"));
  await lifecycle.become("shutting_down", "", socket);
  await Promise.all([sessions.endAll(farewellMs), offered.end(), starting, handingOver, apps.end(), recurring.end()]);
  // A start that was cut off has nothing to be put away.
  const trouble = hasStarted ? await stopWorkspace({ ...basics, settings, manifest: settings.current }) : "";
  const farewell = log.flush(socket).then(() => lifecycle.become("off", trouble, socket));
  await Promise.race([farewell, sleep(farewellMs)]);
  basics.secrets.forget();
  connection.abort();
  http.close();
  await Promise.all([connected, logged]).finally(() => config.coder?.close());
}

/** Every command waits on it, with both of its pipes. */
function manyMayWait(controller: AbortController): AbortController {
  setMaxListeners(4 * execPerAgentMax, controller.signal);
  return controller;
}

/** What a new connection begins with. How the apps are goes before the state: nobody is to take them for well meanwhile. */
function tellAnew(parts: {
  readonly handOver: HandOver;
  readonly sessions: ExecSessions;
  readonly tunnel: AgentTunnel;
  readonly apps: AppChecks;
  readonly recurring: RecurringScripts;
  readonly tellState: () => Promise<void>;
}): void {
  parts.tunnel.moved();
  void parts.apps.tell();
  parts.recurring.tell();
  void parts.handOver.compared().then(parts.tellState);
  parts.sessions.announceAll();
  parts.handOver.poke();
}

/** Who each word of the server is for. */
function listenerOf(parts: {
  readonly handOver: HandOver;
  readonly settings: BuildSettings;
  readonly sessions: ExecSessions;
  readonly tunnel: AgentTunnel;
}): { readonly receive: (message: ServerToAgent) => void } {
  return {
    receive: (message) => {
      if (message.kind === "poke") {
        parts.handOver.poke();
        parts.settings.poke();
      } else if (message.kind === "tunnel_wanted") parts.tunnel.wanted();
      else parts.sessions.receive(message);
    },
  };
}

interface Deferred {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

function deferred(): Deferred {
  let resolve: () => void = () => {};
  let reject: (error: Error) => void = () => {};
  const promise = new Promise<void>((onValue, onError) => {
    resolve = onValue;
    reject = onError;
  });
  // Nobody may be waiting when it is rejected, and that is no fault.
  promise.catch(() => {});
  return { promise, resolve, reject };
}

async function untilAborted(abort: AbortSignal): Promise<void> {
  if (abort.aborted) return;
  await new Promise<void>((resolve) => {
    abort.addEventListener("abort", () => resolve(), { once: true });
  });
}
