import type { Static } from "typebox";
import type {
  AgentManifest,
  AgentToServer,
  ClaimAcknowledgement,
  ClaimRecord,
} from "../../contracts/agent-protocol.ts";
import type { Dotfiles } from "../../contracts/api/dotfiles.ts";
import { CodedError } from "../../contracts/errors.ts";
import type { AgentId } from "../../contracts/ids.ts";
import {
  hookTimeoutSecondsDefault,
  logBatchLinesMax,
  logLineLengthMax,
  stopHookTimeoutSecondsDefault,
} from "../../contracts/limits.ts";
import type { ManifestAgent } from "../../contracts/manifest.ts";
import { agentManifestRow } from "../../db/agents/agent-manifest.ts";
import { acknowledgeClaim, type AgentRow, appendAgentLog } from "../../db/agents/agents.ts";
import type { AppContext } from "../app-context.ts";
import { instant, toldInstant } from "../page.ts";
import { requiredSecretsOf } from "../secrets/required-secrets.ts";
import { appCheck } from "../../platform/manifest-apps.ts";
import { agentReports } from "./agent-reports.ts";
import { toldSettings } from "./told-settings.ts";

export async function manifestOf(context: AppContext, agent: AgentRow): Promise<AgentManifest> {
  const row = await agentManifestRow(context.db, agent.id);
  const definition = row?.manifest.agents?.find((candidate) => candidate.name === agent.name);
  if (row === undefined || definition === undefined) {
    throw new CodedError("not_found", `The template version has no agent "${agent.name}".`);
  }
  const settings = await toldSettings(context, agent, row);
  return {
    agentId: agent.id,
    agentName: agent.name,
    workspaceId: agent.workspace_id,
    startId: agent.build_id,
    buildStage: row.stage,
    workspaceName: row.workspace_name,
    ownerName: row.owner_name,
    templateName: row.template_name,
    directory: definition.directory ?? "",
    env: definition.env ?? {},
    parameters: row.parameters,
    hooks: hooksOf(definition),
    requiredSecrets: requiredSecretsOf(row.manifest).map(({ name }) => name),
    terminalDetachedMs: context.options.terminalDetachedMs,
    appChecks: (definition.apps ?? []).map(appCheck).filter((check) => typeof check === "object" && check !== null),
    isImageWanted: row.is_image_wanted,
    ...(settings === undefined ? {} : { settings }),
  };
}

function hooksOf(definition: ManifestAgent): AgentManifest["hooks"] {
  const { prewarm, start, claim, stop } = definition.hooks ?? {};
  const timed = (hook: { readonly run: string; readonly timeout?: number }, secondsDefault: number) => ({
    run: hook.run,
    timeoutMs: (hook.timeout ?? secondsDefault) * 1_000,
  });
  return {
    ...(prewarm === undefined ? {} : { prewarm: timed(prewarm, hookTimeoutSecondsDefault) }),
    ...(start === undefined ? {} : { start: timed(start, hookTimeoutSecondsDefault) }),
    ...(claim === undefined ? {} : { claim: timed(claim, hookTimeoutSecondsDefault) }),
    ...(stop === undefined ? {} : { stop: timed(stop, stopHookTimeoutSecondsDefault) }),
  };
}

/** The claim record as the agent may see it: it names no owner while the workspace is in its pool (spec §4.1). */
export async function claimRecordOf(context: AppContext, agent: AgentRow): Promise<ClaimRecord> {
  const row = await agentReports(context).claimRecord.ask(agent.id);
  if (row === undefined) throw new CodedError("not_found", "The workspace of this agent is gone.");
  if (row.generation === 0 || row.owner_id === null) {
    return { generation: 0, owner: null, workspaceName: row.workspace_name, parameters: {}, claimedAt: null };
  }
  return {
    generation: row.generation,
    owner: {
      id: row.owner_id,
      username: row.username ?? "",
      name: row.name ?? "",
      email: row.email ?? "",
    },
    workspaceName: row.workspace_name,
    parameters: row.parameters,
    claimedAt: instant(row.claimed_at),
    hasSecrets: row.has_secrets,
    dotfiles: { runs: row.dotfiles_runs, source: sourceOf(row.dotfiles) },
  };
}

function sourceOf(dotfiles: Dotfiles | null): NonNullable<ClaimRecord["dotfiles"]>["source"] {
  if (dotfiles === null || !dotfiles.isOn) return null;
  const { repository, branch, folder } = dotfiles;
  return { repository, branch, folder };
}

/** When a claim was made, handed over, and known to an agent. */
export interface ClaimTimes {
  readonly claimedAt: Date;
  readonly handedOverAt: Date;
  readonly acknowledgedAt: Date;
}

/** Notes that an agent knows its owner. @returns the claim's instants, when it is a claim that he said it of, and the first time. */
export async function acknowledge(
  context: AppContext,
  agent: AgentRow,
  input: Static<typeof ClaimAcknowledgement>,
): Promise<ClaimTimes | null> {
  const now = context.clock.now();
  const row = await context.db.transaction("acknowledge claim", async (tx) =>
    acknowledgeClaim(tx, { agentId: agent.id, ...input, now }),
  );
  if (row === undefined || !row.is_first || row.claimed_at === null || row.handed_over_at === null) return null;
  return { claimedAt: row.claimed_at, handedOverAt: row.handed_over_at, acknowledgedAt: now };
}

/** Notes that an agent is connected to this server. @returns since when, by the database's clock; null when it is retired. */
export async function agentConnected(
  context: AppContext,
  agentId: AgentId,
  connectionId: string,
): Promise<Date | null> {
  const { serverId } = context;
  const word = { kind: "connected", agentId, serverId, connectionId, since: null } as const;
  return (await agentReports(context).words.ask(word))?.connectedAt ?? null;
}

export async function agentDisconnected(context: AppContext, agentId: AgentId, connectionId: string): Promise<void> {
  await agentReports(context).words.ask({ kind: "disconnected", agentId, connectionId });
}

export async function agentReportsState(
  context: AppContext,
  agentId: AgentId,
  { state, detail, version }: Extract<AgentToServer, { kind: "state" }>,
): Promise<void> {
  await agentReports(context).words.ask({ kind: "state", agentId, state, told: { detail, version } });
}

export async function agentReportsApps(
  context: AppContext,
  { agentId, connectionId }: { readonly agentId: AgentId; readonly connectionId: string },
  { apps }: Extract<AgentToServer, { kind: "apps" }>,
): Promise<void> {
  const health = Object.fromEntries(apps.map(({ app, ...told }) => [app, told]));
  await agentReports(context).words.ask({ kind: "apps", agentId, connectionId, health });
}

/** Stores log lines of an agent; lines and batches over the limits are cut. */
export async function agentReportsLogs(
  context: AppContext,
  agent: AgentRow,
  report: Extract<AgentToServer, { kind: "logs" }>,
): Promise<void> {
  const now = context.clock.now();
  const lines = report.lines
    .slice(0, logBatchLinesMax)
    .map((line) => ({ ...line, at: toldInstant(line.at, now), line: line.line.slice(0, logLineLengthMax) }));
  if (lines.length === 0) return;
  await appendAgentLog(context.db, agent.id, lines);
  context.db.publish([`workspace:${agent.workspace_id}`]);
}
