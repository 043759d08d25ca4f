import type { Client } from "../../client/client.ts";
import type { App } from "../../contracts/api/apps.ts";
import type { Workspace } from "../../contracts/api/workspaces.ts";
import { loginShellCommand } from "../../contracts/app-command.ts";
import type { Terminal } from "../../contracts/terminals.ts";
import { definedOnly } from "../defined-only.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Invocation } from "../invocation.ts";
import { printable } from "../output/printable.ts";
import { tunnelUrl } from "../tunnel/tunnel-target.ts";
import type { AttachOptions } from "./attach-terminal.ts";

export interface OfWorkspace {
  readonly client: Client;
  readonly workspace: Workspace;
  /** As it was called. */
  readonly called: string;
}

type Wish = Pick<AttachOptions, "id" | "isMade" | "agent" | "name" | "command">;

/** Shows a terminal of a workspace in the local one. @returns its program's exit code, when that ended. */
export async function openTerminal(
  { output, world }: Invocation,
  { client, workspace, called }: OfWorkspace,
  wish: Wish,
): Promise<number> {
  const { localTerminal } = await import("../exec/local-terminal.ts");
  const next = "Run a command with `prewarm exec`, which needs none.";
  const terminal = localTerminal(world, { what: "a terminal of the workspace", next });
  const { attachTerminal } = await import("./attach-terminal.ts");
  const url = tunnelUrl(client.url, workspace.id);
  const end = await attachTerminal({ ...wish, terminal, world, url, token: client.token ?? "" });
  if (end.kind === "exit") return end.exitCode;
  output.progress(`\nLeft; it goes on. Come back: prewarm terminal ${printable(called)} --attach ${wish.id}`);
  return exitCodes.done;
}

/** Runs an app's command in a terminal, or comes back to the one in which it runs. */
export async function openAppTerminal(invocation: Invocation, asked: OfWorkspace, app: App): Promise<number> {
  const { app: name, agent } = app;
  const line = app.command ?? "";
  const terminals = await listOf(asked.client, asked.workspace.id, agent);
  const running = terminals.find((one) => one.name === name && one.command === line && one.exitCode === null);
  return await openTerminal(invocation, asked, {
    id: running?.id ?? invocation.world.random.uuid(),
    isMade: running === undefined,
    agent,
    name,
    command: loginShellCommand(line),
  });
}

export async function listOf(
  client: Client,
  workspace: string,
  agent: string | undefined,
): Promise<readonly Terminal[]> {
  const { terminals } = await client.call("listTerminals", { params: { workspace }, query: definedOnly({ agent }) });
  return terminals;
}
