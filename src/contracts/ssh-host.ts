/** What the names of hosts begin with, unless `config-ssh --prefix` says another word for a deployment. */
export const prefixDefault = "prewarm.";

/** A workspace and an agent as the name of a host says them. */
export interface SshHost {
  /** `NAME` or `OWNER/NAME`, as the API takes it. */
  readonly workspace: string;
  /** Null: the workspace's first. */
  readonly agent: string | null;
}

// Names hold neither a dot nor two dashes, so that there is one way to read it.
const hostShape =
  /^(?:([a-z0-9]+(?:-[a-z0-9]+)*)(?:--|\/))?([a-z0-9]+(?:-[a-z0-9]+)*)(?:\.([a-z0-9]+(?:-[a-z0-9]+)*))?$/i;
const prefixShape = /^[a-z0-9](?:[a-z0-9.-]{0,30}[.-])$/;

/**
 * Reads `prewarm.WORKSPACE[.AGENT]` and `prewarm.OWNER--WORKSPACE[.AGENT]`; without the prefix it is a workspace as other
 * commands take it. Undefined for what can be no workspace.
 */
export function parseSshHost(host: string, prefix: string): SshHost | undefined {
  const isPrefixed = host.toLowerCase().startsWith(prefix.toLowerCase());
  const found = hostShape.exec(isPrefixed ? host.slice(prefix.length) : host);
  if (found === null) return undefined;
  const [, owner, workspace = "", agent] = found;
  return { workspace: owner === undefined ? workspace : `${owner}/${workspace}`, agent: agent ?? null };
}

/** The name of the host of `NAME` or `OWNER/NAME`. */
export function sshHostOf(workspace: string, { prefix, agent }: { readonly prefix: string; readonly agent?: string }) {
  return `${prefix}${workspace.replace("/", "--")}${agent === undefined ? "" : `.${agent}`}`;
}

/** A prefix as it is used, which ends with what keeps it apart from the name; undefined for what can be none. */
export function readPrefix(text: string): string | undefined {
  const prefix = /[.-]$/.test(text) ? text : `${text}.`;
  return prefixShape.test(prefix) && !prefix.includes("--") && !prefix.includes("..") ? prefix : undefined;
}
