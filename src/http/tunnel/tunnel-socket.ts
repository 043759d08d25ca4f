import { isDeepStrictEqual } from "node:util";
import type { FastifyRequest } from "fastify";
import { Compile } from "typebox/compile";
import type { WebSocket } from "ws";
import { type ExecTarget, execTarget, grantedTarget } from "../../app/agents/exec-target.ts";
import type { StreamGrant } from "../../app/agents/relay-tickets.ts";
import type { Actor } from "../../app/authorize.ts";
import { CodedError } from "../../contracts/errors.ts";
import { beyondTargets, type ForwardTargets, isWithin } from "../../contracts/forward-targets.ts";
import type { UserId } from "../../contracts/ids.ts";
import {
  type TunnelOpen,
  tunnelOpenMs,
  type TunnelService,
  tunnelPath,
  TunnelRequest,
} from "../../contracts/tunnel.ts";
import {
  decodeTunnelFrame,
  encodeTunnelFrame,
  readTunnelHeader,
  renumberTunnelFrame,
  tunnelHeaderBytes,
  TunnelFault,
  type TunnelReset,
} from "../../tunnel/frames.ts";
import { readInTurns } from "../../tunnel/read-in-turns.ts";
import type { HttpDeps } from "../http-deps.ts";
import { httpLimits } from "../http-limits.ts";
import { pingRegularly } from "../keep-alive.ts";
import { noteVisit } from "../note-visit.ts";
import { movedOn, relayTo, relayWith } from "../relay-credential.ts";
import { problemsIn } from "../storable-input.ts";
import { StreamUse } from "./stream-use.ts";
import { type ClientLeg, loseLeg, resetLeg, type TunnelOnward } from "./tunnel-hub.ts";
import { relayTunnel } from "./tunnel-relay.ts";

const checkRequest = Compile(TunnelRequest);

/** Who wants a stream: a person, or another server for one stream that it has checked itself. */
export type TunnelCaller =
  | { readonly kind: "person"; readonly actor: Actor; readonly request: FastifyRequest }
  | { readonly kind: "server"; readonly grant: StreamGrant; readonly isRelayed: boolean };

export interface TunnelConnection {
  readonly socket: WebSocket;
  readonly caller: TunnelCaller;
  readonly workspace: string;
}

/** Serves a person's stream: its first frame says what it leads to, and from then on frames are passed on as they are. */
export function serveTunnel(deps: HttpDeps, connection: TunnelConnection): void {
  const { socket, caller } = connection;
  const limits = deps.limits ?? httpLimits;
  const stopPings = pingRegularly(socket, limits.execPingMs);
  const refuse = (error: unknown): void => resetLeg(socket, resetOf(error));
  const limit = setTimeout(() => refuse(new CodedError("request_timeout", "Nothing was asked for.")), tunnelOpenMs);
  let onward: TunnelOnward | null = null;
  // Not only its line: nobody with this credential may take it up again.
  const onEnded = (error: CodedError): void => {
    onward?.reset(resetOf(error));
    refuse(error);
  };
  // The first server holds what another one comes with.
  const letGo = caller.kind === "person" ? deps.credentials.hold(caller.actor.tokenId, onEnded) : () => undefined;
  const onStop = (): void => loseLeg(socket);
  deps.stopping.addEventListener("abort", onStop, { once: true });
  socket.on("close", () => {
    clearTimeout(limit);
    stopPings();
    letGo();
    deps.stopping.removeEventListener("abort", onStop);
  });
  socket.on("error", () => undefined);
  socket.once("message", (data: Buffer, isBinary) => {
    clearTimeout(limit);
    // Nobody listens until it is known where it leads.
    socket.pause();
    open(deps, connection, isBinary ? data : Buffer.alloc(0))
      .then((found) => {
        onward = found;
      })
      .catch(refuse)
      .finally(() => {
        if (socket.isPaused) socket.resume();
      });
  });
}

async function open(deps: HttpDeps, connection: TunnelConnection, first: Buffer): Promise<TunnelOnward> {
  const { socket, caller, workspace } = connection;
  const limits = deps.limits ?? httpLimits;
  const asked = requestOf(first);
  const targets = targetsOf(deps, caller, asked);
  const { service } = asked;
  // The agent looks at it too, and one of the release before does not.
  if (service.kind === "tcp" && !isWithin(targets, service.host)) {
    throw new CodedError("forbidden", `${beyondTargets(service.host)}.`);
  }
  if (caller.kind === "server") {
    const { ownerId: userId } = caller.grant;
    if (!isDeepStrictEqual(service, caller.grant.service))
      throw new CodedError("forbidden", "The ticket is for another stream.");
    const target = await grantedTarget(deps, caller.grant, { workspaceId: workspace, agent: asked.agent });
    const { elsewhere, workspaceId } = target;
    // The gateway's; what a server opens for apps rests open when nobody looks.
    const isVisit = service.kind === "ssh";
    if (elsewhere === null) return await join(deps, { socket, userId, target, asked, targets, isVisit });
    if (caller.isRelayed) throw movedOn();
    const there = relayWith(deps, { elsewhere, path: tunnelPath(workspaceId), holder: caller.grant });
    return await relayTunnel({ socket, first, ...there, limits });
  }
  const { actor, request } = caller;
  if (asked.resume !== null) deps.places.takenUpAgain(actor, request);
  const target = await execTarget(deps, actor, { workspace, agent: asked.agent });
  const { elsewhere, workspaceId } = target;
  const door = doorOf(asked.service);
  if (door !== null) noteVisit(deps, { request, socket, target, userId: actor.userId, door });
  if (elsewhere === null) {
    return await join(deps, { socket, userId: actor.userId, target, asked, targets, isVisit: door !== null });
  }
  const there = relayTo(deps, { request, actor, elsewhere, path: tunnelPath(workspaceId) });
  return await relayTunnel({ socket, first, ...there, limits });
}

/**
 * What a server opens in an owner's name is an app or a shared port, whose visitors are to get no further than it: not to
 * what its machine may see of the cloud around it, such as 169.254.169.254.
 */
function targetsOf({ options }: HttpDeps, caller: TunnelCaller, { service }: TunnelRequest): ForwardTargets {
  return caller.kind === "server" && service.kind === "tcp" ? "loopback" : options.forwardTargets;
}

interface Joined {
  readonly socket: WebSocket;
  readonly userId: UserId;
  readonly target: ExecTarget;
  readonly asked: TunnelRequest;
  readonly targets: ForwardTargets;
  /** Whether a person is connected by it, for templates to which that is use. */
  readonly isVisit: boolean;
}

/** Makes the leg a stream of the agent's line. */
async function join(deps: HttpDeps, joined: Joined): Promise<TunnelOnward> {
  const { socket, userId, target, asked, targets, isVisit } = joined;
  const { agentId } = target;
  const line = await deps.tunnels.line(agentId, () => deps.hub.send(agentId, { kind: "tunnel_wanted" }));
  const reading = readInTurns(socket);
  const use = new StreamUse(asked.service.kind, deps.monotonicMs);
  const leg: ClientLeg = {
    take: (message) => {
      clearTimeout(unanswered);
      if (socket.readyState === socket.OPEN) socket.send(renumberTunnelFrame(message, 0));
    },
    hold: () => reading.hold(),
    goOn: () => reading.goOn(),
    onLineLost: () => loseLeg(socket),
  };
  // Refused, it has no number, and nothing of it may be left.
  const number = line.add(leg);
  const unanswered = setTimeout(() => {
    line.reset(number, unansweredReset);
    resetLeg(socket, unansweredReset);
  }, tunnelOpenMs);
  const left = isVisit ? deps.hub.enter(agentId) : () => undefined;
  const leave = (): void => {
    clearTimeout(unanswered);
    left();
    line.detach(number);
  };
  socket.on("close", leave);
  socket.on("message", (data: Buffer, isBinary) => {
    try {
      if (!isBinary) throw new TunnelFault("The tunnel has binary frames only.");
      const { kind } = readTunnelHeader(data);
      if (kind === "open" || kind === "detach") throw new TunnelFault(`A client sends no frame of kind ${kind} now.`);
      if (kind === "data" && use.isUse(data.subarray(tunnelHeaderBytes))) deps.hub.use(agentId);
      line.send(renumberTunnelFrame(data, number), leg);
    } catch (error) {
      line.reset(number, resetOf(error));
      resetLeg(socket, resetOf(error));
    }
  });
  const wanted: TunnelOpen = {
    service: asked.service,
    sessionId: asked.resume?.sessionId ?? deps.random.uuid(),
    userId,
    secret: asked.resume?.secret ?? null,
    targets,
  };
  line.send(encodeTunnelFrame(number, { kind: "open", json: wanted }), leg);
  if (socket.readyState !== socket.OPEN) leave();
  return { reset: (reset) => line.reset(number, reset) };
}

/** As the audit log names what a stream leads to; null: it leads nowhere, or only says what there is. */
function doorOf(service: TunnelService): string | null {
  switch (service.kind) {
    case "tcp":
      return service.host === "localhost" ? `port ${service.port}` : `${service.host}:${service.port}`;
    case "unix":
      return `socket ${service.path}`;
    case "ssh":
    case "terminal":
    case "files":
      return service.kind;
    case "terminals":
    case "ports":
    case "echo":
    case "image":
    case "speed":
      return null;
  }
}

const unansweredReset: TunnelReset = {
  code: "agent_unavailable",
  message:
    "The agent is connected, and does not answer. Look whether the workspace's machine is stopped or overloaded.",
};

/** @throws TunnelFault */
function requestOf(first: Buffer): TunnelRequest {
  const { frame } = decodeTunnelFrame(first);
  if (frame.kind !== "open" || !checkRequest.Check(frame.json)) {
    throw new TunnelFault("The first frame of a stream says what it is to lead to.");
  }
  // Where it leads is written to the audit log, too.
  const [problem] = problemsIn(frame.json);
  if (problem !== undefined) throw new TunnelFault(`The stream's ${problem.field} cannot be used: ${problem.reason}.`);
  return frame.json;
}

function resetOf(error: unknown): { readonly code: string; readonly message: string } {
  if (error instanceof CodedError) return { code: error.code, message: error.message };
  if (error instanceof TunnelFault) return { code: "tunnel_fault", message: error.message };
  return { code: "internal", message: "The server could not open the stream." };
}
