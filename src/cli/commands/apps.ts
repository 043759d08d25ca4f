import type { App, ListeningPort, SharedApp } from "../../contracts/api/apps.ts";
import { appLinkSecondsMax } from "../../contracts/app-address.ts";
import { type ShareLevel, shareLevels } from "../../contracts/share-levels.ts";
import { type CliCommand, defineCommand } from "../command.ts";
import { definedOnly } from "../defined-only.ts";
import { exitCodes } from "../exit-codes.ts";
import { findWorkspace } from "../follow/find-workspace.ts";
import { shellWord } from "../../contracts/shell-word.ts";
import { printable } from "../output/printable.ts";
import { healthText } from "../output/health-text.ts";
import { relativeTime } from "../output/time-text.ts";
import { type Page, pageOptions, readPage } from "../paging.ts";

const agentOption = { flags: "--agent <name>", about: "the agent to ask; the workspace's first unless said" };
/** A year. */
const shareMsMax = 31_536_000_000;
const noAddress = "no address: prewarm open";

/** Where an app is: at its address, else by the command that leads to it. */
function whereIs({ url, command, app }: App, workspace: string): string {
  if (url !== null) return url;
  return `${command === null ? "no address" : "in a terminal"}: prewarm open ${shellWord(printable(workspace))} ${app}`;
}

const listApps = defineCommand<{ readonly workspace: string; readonly isAll: boolean }>({
  usage: "list <workspace>",
  summary: "list the apps of a workspace, with their addresses",
  example: "prewarm apps list dev",
  options: [{ flags: "--all", about: "those, too, that are not shown elsewhere" }],
  isOrganizational: true,
  read: (input) => ({ workspace: input.operand(0), isAll: input.isOn("all") }),
  async run({ workspace: name, isAll }, invocation) {
    const { output, world } = invocation;
    const client = await invocation.connect();
    const workspace = await findWorkspace(client, name, invocation);
    const { apps: all } = await client.call("listApps", { params: { workspace: workspace.id } });
    const apps = all.filter((app) => isAll || !app.isHidden);
    const now = world.clock.now();
    output.result({ apps }, () =>
      output.table<App>(apps, [
        { title: "APP", cell: ({ app }) => app },
        { title: "NAME", cell: ({ displayName }) => displayName },
        { title: "AGENT", cell: ({ agent }) => agent },
        { title: "PORT", cell: ({ port, socket }) => (port === null ? (socket ?? "–") : String(port)) },
        { title: "HEALTH", cell: ({ health }) => healthText(health) },
        { title: "SHARED", cell: ({ share, shareExpiresAt }) => shareText(share, shareExpiresAt, now) },
        { title: "ADDRESS", cell: (app) => whereIs(app, name) },
      ]),
    );
    if (apps.length === 0)
      output.progress(`Its template declares none. What listens: prewarm ports list ${printable(name)}`);
    return exitCodes.done;
  },
});

const listPorts = defineCommand<{ readonly workspace: string; readonly agent: string | undefined }>({
  usage: "list <workspace>",
  summary: "list the ports on which something listens in a workspace, with their addresses",
  example: "prewarm ports list dev",
  options: [agentOption],
  isOrganizational: true,
  read: (input) => ({ workspace: input.operand(0), agent: input.text("agent") }),
  async run({ workspace: name, agent }, invocation) {
    const { output, world } = invocation;
    const client = await invocation.connect();
    const workspace = await findWorkspace(client, name, invocation);
    const answer = await client.call("listPorts", {
      params: { workspace: workspace.id },
      query: definedOnly({ agent }),
    });
    const now = world.clock.now();
    output.result(answer, () =>
      output.table<ListeningPort>(answer.ports, [
        { title: "PORT", cell: ({ port }) => String(port) },
        { title: "PROGRAM", cell: ({ process }) => process ?? "–" },
        { title: "SHARED", cell: ({ share, shareExpiresAt }) => shareText(share, shareExpiresAt, now) },
        { title: "ADDRESS", cell: ({ url }) => url ?? noAddress },
      ]),
    );
    return exitCodes.done;
  },
});

function shareText(share: ShareLevel, until: string | null, now: Date): string {
  const end = until === null ? "" : `, ends ${relativeTime(until, now)}`;
  return share === "owner" ? "–" : `${share}${end}`;
}

const listShares = defineCommand<{
  readonly owner: string | undefined;
  readonly workspace: string | undefined;
  readonly page: Page;
}>({
  usage: "list",
  summary: "list the apps and ports that you share otherwise than their templates say",
  example: "prewarm shares list --workspace dev",
  options: [
    { flags: "--workspace <workspace>", about: "of one workspace" },
    { flags: "--owner <username>", about: "another's, for administrators; * for everybody's" },
    ...pageOptions,
  ],
  isOrganizational: true,
  read: (input) => ({ owner: input.text("owner"), workspace: input.text("workspace"), page: readPage(input) }),
  async run({ owner, workspace, page }, invocation) {
    const { output, world } = invocation;
    const client = await invocation.connect();
    const answer = await client.call("listShares", { query: definedOnly({ ...page, owner, workspace }) });
    const now = world.clock.now();
    output.result(answer, () =>
      output.table<SharedApp>(answer.shares, [
        { title: "WORKSPACE", cell: ({ owner: whose, workspace: name }) => `${whose}/${name}` },
        { title: "APP", cell: ({ app }) => app },
        { title: "AGENT", cell: ({ agent }) => agent },
        { title: "SHARED", cell: ({ share, expiresAt }) => shareText(share, expiresAt, now) },
        { title: "SINCE", cell: ({ sharedAt }) => relativeTime(sharedAt, now) },
      ]),
    );
    return exitCodes.done;
  },
});

interface ShareWish {
  readonly workspace: string;
  readonly app: string;
  readonly agent: string | undefined;
}

const setShare = defineCommand<ShareWish & { readonly share: ShareLevel; readonly expiresInSeconds: number | null }>({
  usage: "set <workspace> <app> <with>",
  summary: "share an app or a port of yours",
  notes: `With: ${shareLevels.join(", ")}. Each of them, and those before it, may open it then; \`owner\` keeps it to yourself.`,
  example: "prewarm shares set dev 3000 organization --for 2h",
  options: [{ flags: "--for <duration>", about: "when it ends by itself, such as 2h; never unless said" }, agentOption],
  isOrganizational: true,
  read: (input) => {
    const wanted = input.operand(2);
    const share = shareLevels.find((level) => level === wanted);
    const durationMs = input.duration("for", { maxMs: shareMsMax });
    if (durationMs !== undefined && durationMs < 1_000) input.refuse("--for takes a second at least.");
    return {
      workspace: input.operand(0),
      app: input.operand(1),
      share: share ?? input.refuse(`"${wanted}" is none of ${shareLevels.join(", ")}.`),
      agent: input.text("agent"),
      expiresInSeconds: durationMs === undefined ? null : Math.floor(durationMs / 1_000),
    };
  },
  async run({ workspace: name, app, agent, share, expiresInSeconds }, invocation) {
    const client = await invocation.connect();
    const workspace = await findWorkspace(client, name, invocation);
    const params = { workspace: workspace.id, app };
    const answer = await client.call("setShare", {
      params,
      body: { share, expiresInSeconds, ...definedOnly({ agent }) },
    });
    const at = answer.url === null || share === "owner" ? "" : `\n${answer.url}`;
    invocation.output.result(answer, () => `${app} of ${printable(workspace.name)} is shared with: ${share}.${at}`);
    return exitCodes.done;
  },
});

const removeShare = defineCommand<ShareWish>({
  usage: "remove <workspace> <app>",
  summary: "take an app or a port back to what its template says; whoever has it open loses it",
  example: "prewarm shares remove dev 3000",
  options: [agentOption],
  isOrganizational: true,
  read: (input) => ({ workspace: input.operand(0), app: input.operand(1), agent: input.text("agent") }),
  async run({ workspace: name, app, agent }, invocation) {
    const client = await invocation.connect();
    const workspace = await findWorkspace(client, name, invocation);
    const params = { workspace: workspace.id, app };
    const answer = await client.call("removeShare", { params, query: definedOnly({ agent }) });
    invocation.output.result(answer, () => `${app} of ${printable(workspace.name)} is as its template says.`);
    return exitCodes.done;
  },
});

interface LinkWish extends ShareWish {
  readonly expiresInSeconds: number | undefined;
}

const appUrl = defineCommand<LinkWish>({
  usage: "url <workspace> <app>",
  summary: "make an address of an app or a port that a program can use without signing in, for a while",
  notes:
    "Whoever has it is you to that app, and to nothing else, until its time is over or the session or token ends with which " +
    "you ask. For another path of the app, take `token` of --json as `prewarm_token` in its query.",
  example: "prewarm apps url dev 3000 --for 15m",
  options: [
    { flags: "--for <duration>", about: "how long it is of use, an hour at most; 15m unless said" },
    agentOption,
  ],
  isOrganizational: true,
  read: (input) => {
    const durationMs = input.duration("for", { maxMs: appLinkSecondsMax * 1_000 });
    if (durationMs !== undefined && durationMs < 1_000) input.refuse("--for takes a second at least.");
    return {
      workspace: input.operand(0),
      app: input.operand(1),
      agent: input.text("agent"),
      expiresInSeconds: durationMs === undefined ? undefined : Math.floor(durationMs / 1_000),
    };
  },
  async run({ workspace: name, app, agent, expiresInSeconds }, invocation) {
    const { output } = invocation;
    const client = await invocation.connect();
    const workspace = await findWorkspace(client, name, invocation);
    const params = { workspace: workspace.id, app };
    const answer = await client.call("createAppLink", { params, body: definedOnly({ agent, expiresInSeconds }) });
    output.result(
      answer,
      () => answer.url,
      () => [answer.url],
    );
    return exitCodes.done;
  },
});

export const appCommands: readonly CliCommand[] = [listApps, appUrl];
export const portCommands: readonly CliCommand[] = [listPorts];
export const shareCommands: readonly CliCommand[] = [listShares, setShare, removeShare];
