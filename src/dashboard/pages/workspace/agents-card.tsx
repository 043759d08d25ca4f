import type { Workspace, WorkspaceAgent } from "../../../contracts/api/workspaces.ts";
import { Card } from "../../components/card.tsx";
import { State } from "../../components/state.tsx";
import { AgentMetadata } from "./agent-metadata.tsx";

/** Connection and hooks are two things, and each says how it is. */
export function AgentsCard({ workspace: { id, agents } }: { readonly workspace: Workspace }) {
  return (
    <Card title="Agents">
      {agents.length === 0 ? <p className="text-muted">It has none at this moment.</p> : null}
      <ul className="grid gap-3">
        {agents.map((agent) => (
          <li key={agent.id}>
            <div className="flex flex-wrap items-center gap-2">
              <span className="font-medium">{agent.name}</span>
              <State tone={agent.isConnected ? "ok" : "off"}>{agent.isConnected ? "connected" : "not connected"}</State>
              <Hooks agent={agent} />
            </div>
            {agent.detail === "" ? null : <p className="text-xs text-muted">{agent.detail}</p>}
            {agent.claimError === null ? null : <p className="text-xs text-bad">Claim hook: {agent.claimError}</p>}
            {agent.isConnected ? <AgentMetadata workspaceId={id} agent={agent} /> : null}
          </li>
        ))}
      </ul>
    </Card>
  );
}

function Hooks({ agent: { state } }: { readonly agent: WorkspaceAgent }) {
  if (state === "ready") return <State tone="ok">hooks done</State>;
  if (state === "start_error" || state === "start_timeout") return <State tone="bad">{state.replace("_", " ")}</State>;
  if (state === "off") return <State tone="off">off</State>;
  return <State tone="busy">{state.replace("_", " ")}</State>;
}
