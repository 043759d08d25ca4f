import { randomUUID } from "node:crypto";
import { WebSocket } from "ws";
import { Client } from "../../src/client/client.ts";
import { agentConnectPath } from "../../src/contracts/agent-protocol.ts";
import type { LeasedJob } from "../../src/contracts/provisioner-protocol.ts";

/** Long polls that are open at a time, as a daemon of this concurrency holds them; unless said. */
const pollersDefault = 4;
const pollMs = 5_000;

export interface ScriptedDaemon {
  /** Called with each job at the moment it is taken. */
  onTaken: (job: LeasedJob) => void;
  stop(): Promise<void>;
}

export interface ScriptedDaemonOptions {
  readonly name?: string;
  readonly pollers?: number;
  /** Agents connect from prebuilds alone: people's workspaces, which only become more, would weigh on what is measured. */
  readonly isPoolsOnly?: boolean;
}

/** A daemon that takes jobs over HTTP as a real one does, builds nothing, and whose agents are ready at once. */
export async function startScriptedDaemon(
  url: string,
  key: string,
  { name = "bench", pollers = pollersDefault, isPoolsOnly = false }: ScriptedDaemonOptions = {},
): Promise<ScriptedDaemon> {
  const client = new Client({ url, token: key });
  const incarnation = randomUUID();
  const { daemonId } = await client.call("registerDaemon", {
    body: { name, incarnation, drivers: ["fake"], tags: {}, concurrency: pollers, version: "bench" },
  });
  const stopping = new AbortController();
  const sockets = new Set<WebSocket>();
  const daemon: ScriptedDaemon = { onTaken: () => undefined, stop: () => Promise.resolve() };
  const poll = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const body = { daemonId, incarnation, waitMs: pollMs };
      const { job } = await client.call("leaseJob", { body, signal: stopping.signal });
      if (job === null) continue;
      daemon.onTaken(job);
      const result = { attempt: job.attempt, outcome: { kind: "succeeded" } } as const;
      await client.call("completeJob", { params: { jobId: job.jobId }, body: result });
      if (job.work.kind !== "build" || (isPoolsOnly && job.work.stage !== "prebuild")) continue;
      for (const { token } of job.work.agents) connectAgent(url, token, sockets);
    }
  };
  const ended = Promise.all(Array.from({ length: pollers }, poll)).catch((error: unknown) => {
    if (!stopping.signal.aborted) throw error;
  });
  // Heard when the daemon is stopped; until then it must not end the process.
  ended.catch(() => undefined);
  daemon.stop = async () => {
    stopping.abort();
    for (const socket of sockets) socket.terminate();
    await ended;
  };
  return daemon;
}

function connectAgent(url: string, token: string | null, sockets: Set<WebSocket>): void {
  if (token === null) return;
  const socket = new WebSocket(new URL(agentConnectPath, url.replace(/^http/, "ws")), {
    headers: { authorization: `Bearer ${token}` },
  });
  sockets.add(socket);
  socket.on("open", () => socket.send(JSON.stringify({ kind: "state", state: "ready", detail: "", version: "bench" })));
  socket.on("error", () => undefined);
}
