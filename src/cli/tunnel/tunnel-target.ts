import type { ErrorResponse } from "../../contracts/api/error-response.ts";
import { CodedError, isErrorCode, isPassingStatus } from "../../contracts/errors.ts";
import { tunnelPath } from "../../contracts/tunnel-terms.ts";
import { underUrl } from "../../contracts/under-url.ts";
import type { TunnelTarget } from "../../tunnel/tunnel-client.ts";

/** The address of a workspace's tunnel; `workspace` is an id, `OWNER/NAME`, or `NAME` for one of your own. */
export function tunnelUrl(serverUrl: string, workspace: string): string {
  const url = new URL(underUrl(serverUrl, tunnelPath(encodeURIComponent(workspace))));
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}

/** The server's own words for what it refused. */
export function refusedBy(status: number, body: string): CodedError {
  try {
    const { error } = JSON.parse(body) as ErrorResponse;
    if (isErrorCode(error.code))
      return new CodedError(error.code, error.message, error.next === undefined ? {} : { next: error.next });
  } catch {
    // It is not an answer of ours: a proxy's.
  }
  return new CodedError(isPassingStatus(status) ? "transient" : "internal", `The server refused it (${status}).`);
}

export interface InWorkspace {
  readonly workspaceId: string;
  /** Null: the workspace's first. */
  readonly agent: string | null;
}

type ClientOf = { readonly url: string; readonly token: string | undefined };

/** A stream to what listens at a port of the workspace. */
export function portTarget(
  client: ClientOf,
  { port, ...where }: InWorkspace & { readonly port: number },
): TunnelTarget {
  return targetOf(client, where, { kind: "tcp", host: "localhost", port });
}

/** A stream to what listens at a socket of the workspace's file system. */
export function socketTarget(
  client: ClientOf,
  { path, ...where }: InWorkspace & { readonly path: string },
): TunnelTarget {
  return targetOf(client, where, { kind: "unix", path });
}

function targetOf(
  { url, token }: ClientOf,
  { workspaceId, agent }: InWorkspace,
  service: TunnelTarget["service"],
): TunnelTarget {
  return { url: tunnelUrl(url, workspaceId), token: token ?? "", agent, service, refusal: refusedBy };
}
