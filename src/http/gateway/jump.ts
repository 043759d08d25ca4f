import { type ExecTarget, execTarget } from "../../app/agents/exec-target.ts";
import type { Actor } from "../../app/authorize.ts";
import { createBuild, getWorkspace } from "../../app/workspaces/workspaces.ts";
import type { Workspace } from "../../contracts/api/workspaces.ts";
import { CodedError } from "../../contracts/errors.ts";
import { parseSshHost } from "../../contracts/ssh-host.ts";
import { backByItselfMs, startStep, type StartStep } from "../../contracts/start-rule.ts";
import { sleep } from "../../platform/sleep.ts";
import type { TunnelDuplex } from "../../tunnel/tunnel-duplex.ts";
import type { HttpDeps } from "../http-deps.ts";
import { openServerStream } from "../tunnel/server-stream.ts";

const sshPort = 22;
const lookMs = 1_000;

export interface Jump {
  readonly actor: Actor;
  /** As the client names it: `WORKSPACE[.AGENT]` or `OWNER--WORKSPACE[.AGENT]`. */
  readonly host: string;
  readonly port: number;
  /** The client is gone. */
  readonly signal: AbortSignal;
  /** For a workspace that is being started. */
  readonly startMs: number;
}

export interface Jumped {
  readonly stream: TunnelDuplex;
  readonly target: ExecTarget;
}

/**
 * A stream to the SSH server of a workspace of the actor's own, whichever server its agent is connected to; a workspace that
 * is stopped is started first, where the start rule says so.
 * Errors: coded ones, whose message is for the person.
 */
export async function jump(deps: HttpDeps, { actor, host, port, signal, startMs }: Jump): Promise<Jumped> {
  const named = parseSshHost(host, "");
  if (named === undefined || port !== sshPort) {
    throw new CodedError(
      "forbidden",
      `The gateway leads to port ${sshPort} of workspaces alone, not to ${host}:${port}.`,
      {
        next: "Forward other ports by the inner connection: ssh -J GATEWAY -L 3000:localhost:3000 prewarm@WORKSPACE.",
      },
    );
  }
  const untilMs = deps.monotonicMs() + startMs;
  for (let started = false; !signal.aborted; await sleep(lookMs, signal)) {
    const workspace = await getWorkspace(deps, actor, named.workspace);
    const step = stepOf(deps, workspace, started);
    if (step.kind === "refuse") throw new CodedError("conflict", step.message, { next: step.next });
    if (step.kind === "start") {
      // As for commands: the owner alone, and nobody a prebuild.
      requireOwn(actor, workspace);
      await createBuild(deps, actor, { workspace: workspace.id, transition: "start" }).catch(unlessBegun);
      started = true;
      continue;
    }
    if (step.kind === "connect") return await open(deps, actor, workspace, named.agent);
    if (deps.monotonicMs() > untilMs) {
      throw new CodedError("build_timeout", `${workspace.name} ${step.what}, and is not there yet.`);
    }
  }
  throw new CodedError("transient", "The client is gone.");
}

/**
 * Clients of the gateway say nothing of when they were connected last, and servers do not share what they have seen. So what
 * was stopped lately stays stopped, by whomever: an editor that comes back by itself must not undo it.
 */
function stepOf({ clock }: HttpDeps, workspace: Workspace, wasStarted: boolean): StartStep {
  const { name, status, latestBuild } = workspace;
  const buildAgeMs = Math.max(0, clock.now().getTime() - Date.parse(latestBuild.createdAt));
  if ((status === "stopped" || status === "stopping") && (wasStarted || buildAgeMs <= backByItselfMs)) {
    const minutes = Math.ceil(backByItselfMs / 60_000);
    const message = `${name} was stopped less than ${minutes} minutes ago, and the gateway does not start it again.`;
    return { kind: "refuse", message, next: `Start it with \`prewarm start ${name}\` or in the dashboard.` };
  }
  return startStep({ workspace, mode: "auto", buildAgeMs, connectedAgeMs: null });
}

function requireOwn(actor: Actor, { owner, name }: Workspace): void {
  if (owner === actor.username) return;
  throw new CodedError("forbidden", `Only ${owner} may get into ${name}.`);
}

/** Somebody else was quicker, which the next look shows. */
function unlessBegun(error: unknown): void {
  if (!(error instanceof CodedError) || error.code !== "build_in_progress") throw error;
}

async function open(deps: HttpDeps, actor: Actor, workspace: Workspace, agentName: string | null): Promise<Jumped> {
  // OpenSSH makes a host's name lower case; the template may not.
  const agent = workspace.agents.find(({ name }) => name.toLowerCase() === agentName?.toLowerCase())?.name ?? agentName;
  // The check is the one of all streams; what is opened then is opened in the owner's name, also at another server.
  const target = await execTarget(deps, actor, { workspace: workspace.id, agent });
  const service = { kind: "ssh" } as const;
  const grant = { kind: "stream", ownerId: actor.userId, service } as const;
  const stream = await openServerStream(deps, {
    caller: { kind: "server", grant, isRelayed: false },
    workspace: workspace.id,
    agent,
    service,
    isResumed: true,
  });
  return { stream, target };
}
