import type { Client } from "../../client/client.ts";
import type { Workspace } from "../../contracts/api/workspaces.ts";
import type { Invocation } from "../invocation.ts";

/** A workspace by `NAME`, `OWNER/NAME` or id, in the organization that the command line names. */
export function findWorkspace(client: Client, name: string, invocation: Invocation): Promise<Workspace> {
  return client.call("getWorkspace", { params: { workspace: name }, query: invocation.organization });
}
