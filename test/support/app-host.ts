import { appLabel, parseAppRef } from "../../src/contracts/app-address.ts";
import type { WorkspaceId } from "../../src/contracts/ids.ts";

/** Host and port of an app or a port of a workspace's first agent, on a server of this machine. */
export function appHost(what: string | number, workspaceId: string, serverUrl: string): string {
  const ref = parseAppRef(String(what));
  if (ref === undefined) throw new Error(`${what} is neither an app nor a port`);
  const label = appLabel({ what: ref, workspaceId: workspaceId as WorkspaceId, agentNumber: 1 });
  return `${label}.apps.localhost:${new URL(serverUrl).port}`;
}
