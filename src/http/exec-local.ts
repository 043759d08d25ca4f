import type { ExecTarget } from "../app/agents/exec-target.ts";
import type { ExecEnd, ExecEvents, ExecStart } from "./exec-end.ts";
import type { HttpDeps } from "./http-deps.ts";

/** A command in an agent that is connected to this server. Errors: those of `AgentHub.startExec`. */
export function openLocalExec(
  deps: Pick<HttpDeps, "hub" | "random">,
  { target, start }: { readonly target: ExecTarget; readonly start: ExecStart },
  events: ExecEvents,
): ExecEnd {
  const { hub } = deps;
  const { agentId } = target;
  const execId = deps.random.uuid();
  hub.startExec(agentId, { execId, command: start.command, env: start.env }, (event) => {
    if (event.kind === "output") return events.onFrame(event);
    const errorCode = event.isAgentLost ? "agent_unavailable" : null;
    events.onFrame({ kind: "exit", exitCode: event.exitCode, errorCode, error: event.error });
  });
  events.onOpen();
  return {
    send: (frame) => {
      if (frame.kind === "input") hub.send(agentId, { kind: "exec_input", execId, data: frame.data, end: frame.end });
      else hub.send(agentId, { kind: "exec_signal", execId, signal: frame.signal });
    },
    backlogBytes: () => hub.backlogBytes(agentId),
    // By a word to the agent: its one line carries its other commands, its logs and its state, and cannot be paused.
    hold: (isHeld) => hub.send(agentId, { kind: "exec_flow", execId, isHeld }),
    hangUp: () => void hub.send(agentId, { kind: "exec_signal", execId, signal: "SIGHUP" }),
  };
}
