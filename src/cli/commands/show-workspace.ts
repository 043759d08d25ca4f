import type { BuildDetail, Workspace, WorkspaceAgent } from "../../contracts/api/workspaces.ts";
import type { PhaseTiming, ProvisionedResource } from "../../contracts/provisioner-protocol.ts";
import type { Client } from "../../client/client.ts";
import { CodedError } from "../../contracts/errors.ts";
import { type FoundMetadata, metadataBlocks } from "../output/metadata-table.ts";
import { defineCommand } from "../command.ts";
import { exitCodes } from "../exit-codes.ts";
import { findWorkspace } from "../follow/find-workspace.ts";
import type { Output } from "../output/output.ts";
import { printable } from "../output/printable.ts";
import { missReasonWords } from "../output/miss-reason.ts";
import { healthText } from "../output/health-text.ts";
import { nextText } from "../output/next-text.ts";
import { relativeTime } from "../output/time-text.ts";

function renderBuild({ resources, phases, plan }: BuildDetail, output: Output): string {
  const blocks: string[] = [];
  if (resources !== null && resources.length > 0) {
    blocks.push(
      output.table<ProvisionedResource>(resources, [
        { title: "RESOURCE", cell: ({ address }) => address },
        { title: "TYPE", cell: ({ type }) => type },
        { title: "COST A DAY", cell: ({ dailyCost }) => (dailyCost === undefined ? "–" : String(dailyCost)) },
      ]),
    );
  }
  if (phases.length > 0) {
    blocks.push(
      output.table<PhaseTiming>(phases, [
        { title: "PHASE", cell: ({ phase }) => phase },
        { title: "TOOK", cell: ({ elapsedMs }) => `${Math.round(elapsedMs)} ms`, align: "right" },
      ]),
    );
  }
  if (plan !== null && plan.replacements.length > 0) {
    blocks.push(`The claim replaced ${plan.replacements.map(({ address }) => address).join(", ")}.`);
  }
  return blocks.map((block) => `\n\n${block}`).join("");
}

function lostText({ kind, since }: NonNullable<Workspace["lost"]>, now: Date): string {
  return kind === "agent"
    ? `its agent is not connected any more (${relativeTime(since, now)})`
    : `it is gone from its host (found ${relativeTime(since, now)}); \`prewarm start\` makes it anew`;
}

function troubleText({ name, trouble }: Workspace): string {
  return `${printable(trouble?.message ?? "")} (\`prewarm logs ${name}\` shows the rest)`;
}

/** `code healthy, web unhealthy: nothing listens (required)`. */
function appsText(appHealth: NonNullable<WorkspaceAgent["appHealth"]>): string {
  const apps = Object.entries(appHealth).map(([app, found]) => {
    return `${app} ${healthText(found)}${found.isRequired ? " (required)" : ""}`;
  });
  return apps.length === 0 ? "–" : apps.join(", ");
}

function render(workspace: Workspace, output: Output, now: Date): string {
  const { latestBuild: build } = workspace;
  const parameters = Object.entries(workspace.parameters).map(([key, value]) => `${key}=${value}`);
  const fields = output.fields([
    ["name", workspace.name],
    ["owner", workspace.owner],
    ["status", `${workspace.status}${workspace.isUsable ? ", usable" : ""}`],
    ...(workspace.lost === undefined ? [] : [["lost", lostText(workspace.lost, now)] as const]),
    ...(workspace.trouble === undefined ? [] : [["trouble", troubleText(workspace)] as const]),
    ...(workspace.stopError === undefined ? [] : [["stop hook", printable(workspace.stopError)] as const]),
    ["template", `${workspace.template} ${build.templateVersion}${workspace.isOutdated ? " (outdated)" : ""}`],
    ["preset", workspace.preset ?? "–"],
    ["parameters", parameters.length === 0 ? "–" : parameters.join(" ")],
    ["latest build", `${build.number} ${build.transition} (${build.stage}), ${build.status}`],
    ...(build.missReason === undefined ? [] : [["built cold", missReasonWords(build.missReason)] as const]),
    ...(build.reason === "" ? [] : [["because", build.reason] as const]),
    ...(build.error === null ? [] : [["build error", `${build.error} [${build.errorCode ?? "unknown"}]`] as const]),
    ["cost", `${workspace.cost} cost units`],
    ["created", relativeTime(workspace.createdAt, now)],
    ["claimed", relativeTime(workspace.claimedAt, now)],
    ["last used", relativeTime(workspace.lastUsedAt, now)],
    ["next", nextText(workspace, now)],
    ["id", workspace.id],
  ]);
  if (workspace.agents.length === 0) return fields;
  const agents = output.table<WorkspaceAgent>(workspace.agents, [
    { title: "AGENT", cell: ({ name }) => name },
    { title: "STATE", cell: ({ state }) => state },
    { title: "CONNECTED", cell: ({ isConnected }) => (isConnected ? "yes" : "no") },
    { title: "HANDED OVER", cell: ({ isHandedOver }) => (isHandedOver ? "yes" : "no") },
    { title: "READY", cell: ({ readyAt }) => relativeTime(readyAt, now) },
    ...(workspace.agents.some(({ appHealth }) => appHealth !== undefined)
      ? [{ title: "APPS", cell: ({ appHealth = {} }: WorkspaceAgent) => appsText(appHealth) }]
      : []),
    { title: "DETAIL", cell: ({ detail, claimError }) => claimError ?? detail },
  ]);
  return `${fields}\n\n${agents}`;
}

/** Of the agents that are connected. That it cannot be read is no reason to show nothing of the workspace. */
async function metadataOf(client: Client, { id, agents }: Workspace): Promise<readonly FoundMetadata[]> {
  const connected = agents.filter(({ isConnected }) => isConnected);
  return await Promise.all(
    connected.map(async ({ name: agent }) => {
      try {
        const metadata = await client.call("getAgentMetadata", { params: { workspace: id, agent } });
        return { agent, metadata, error: "" };
      } catch (error) {
        if (!(error instanceof CodedError)) throw error;
        return { agent, metadata: null, error: error.code === "not_found" ? "" : error.message };
      }
    }),
  );
}

export const showWorkspaceCommand = defineCommand<{ readonly name: string }>({
  usage: "show <workspace>",
  summary: "show a workspace, its agents with what they found, and what its latest build made",
  notes: "`prewarm audit list --workspace NAME` lists what was done to it, by whom and why.",
  example: "prewarm show dev",
  isOrganizational: true,
  read: (input) => ({ name: input.operand(0) }),
  async run({ name }, invocation) {
    const { output, world, connect } = invocation;
    const client = await connect();
    const workspace = await findWorkspace(client, name, invocation);
    const detail = await client.call("getBuild", { params: { workspace: workspace.id, number: 0 } });
    const { resources, phases, plan } = detail;
    const found = await metadataOf(client, workspace);
    const agents = workspace.agents.map((agent) => {
      const { metadata } = found.find((one) => one.agent === agent.name) ?? { metadata: null };
      return { ...agent, metadata };
    });
    output.result({ ...workspace, agents, resources, phases, plan }, () => {
      const now = world.clock.now();
      const metadata = metadataBlocks(found, output, now).map((block) => `\n\n${block}`);
      return render(workspace, output, now) + metadata.join("") + renderBuild(detail, output);
    });
    return exitCodes.done;
  },
});
