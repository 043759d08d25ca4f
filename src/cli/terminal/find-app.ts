import type { Client } from "../../client/client.ts";
import type { App } from "../../contracts/api/apps.ts";
import type { Workspace } from "../../contracts/api/workspaces.ts";
import { CodedError } from "../../contracts/errors.ts";
import { shellWord } from "../../contracts/shell-word.ts";

/** @param wanted of any agent unless one is named. Errors: `not_found` for an app that the template does not declare. */
export async function findApp(
  client: Client,
  workspace: Workspace,
  { name, agent }: { readonly name: string; readonly agent: string | null },
): Promise<App> {
  const { apps } = await client.call("listApps", { params: { workspace: workspace.id } });
  const found = apps.find(({ app, agent: whose }) => app === name && (agent === null || whose === agent));
  if (found !== undefined) return found;
  const names = apps.map(({ app }) => app).join(", ");
  const declared = names === "" ? "Its template declares none" : `There are: ${names}`;
  throw new CodedError("not_found", `${workspace.name} has no app "${name}".`, {
    next: `${declared}. A port works, too: \`prewarm open ${shellWord(workspace.name)} 3000\`.`,
  });
}
