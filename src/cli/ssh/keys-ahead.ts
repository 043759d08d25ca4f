import { isHostKey, linesOf, textOf } from "./known-hosts.ts";
import { parseSshHost, sshHostOf } from "../../contracts/ssh-host.ts";

/** A workspace as the lines of `known_hosts` are compared with. */
export interface KeyOwner {
  readonly id: string;
  readonly name: string;
  readonly owner: string;
}

export interface KnownWorkspaces {
  readonly prefix: string;
  readonly workspaces: readonly KeyOwner[];
  /** Whether these are all: then a line of another one is of one that is gone. */
  readonly isWhole: boolean;
}

interface Line {
  readonly text: string;
  readonly host: string;
  readonly hostKey: string;
  /** Null: a connection wrote it, which did not know. */
  readonly id: string | null;
}

function readLine(text: string): Line {
  const [host = "", type = "", key = "", id] = text.split(" ");
  return { text, host, hostKey: `${type} ${key}`, id: id ?? null };
}

/**
 * Keys that the file says of these workspaces, by their ids. After a rename it is that of the name before.
 * One without an id may be of another workspace, which had the name before.
 */
export function keysKnown(text: string, { prefix, workspaces }: KnownWorkspaces): ReadonlyMap<string, string> {
  const ids = new Set(workspaces.map(({ id }) => id));
  const known = new Map<string, string>();
  for (const { host, hostKey, id } of linesOf(text).map(readLine)) {
    if (id === null || !ids.has(id) || !isHostKey(hostKey)) continue;
    if (host.startsWith(prefix) && parseSshHost(host, prefix)?.agent === null) known.set(id, hostKey);
  }
  return known;
}

/**
 * The text with these keys, for the names that the configuration writes out, and without the lines of workspaces that are
 * gone or have been made anew; hosts of other prefixes as they were. The same text when nothing changes.
 */
export function withKeys(text: string, all: KnownWorkspaces, keys: ReadonlyMap<string, string>): string {
  const { prefix, workspaces } = all;
  const fresh = workspaces.flatMap(({ id, name }) => {
    const hostKey = keys.get(id);
    return hostKey === undefined ? [] : [`${sshHostOf(name, { prefix })} ${hostKey} ${id}`];
  });
  const hosts = new Set(fresh.map((line) => readLine(line).host));
  const kept = linesOf(text).filter((line) => !hosts.has(readLine(line).host) && isKept(readLine(line), all));
  const lines = [...kept, ...fresh];
  // In whatever order they are: other names of the same workspaces are between them.
  const isSame = lines.length === linesOf(text).length && lines.every((line) => linesOf(text).includes(line));
  return isSame ? text : textOf(lines);
}

function isKept({ host, id }: Line, { prefix, workspaces, isWhole }: KnownWorkspaces): boolean {
  const named = host.startsWith(prefix) ? parseSshHost(host, prefix) : undefined;
  if (named === undefined) return true;
  const [name = "", owner] = named.workspace.split("/").toReversed();
  const found = workspaces.find((each) => each.name === name && (owner === undefined || each.owner === owner));
  if (found !== undefined) return id === null || id === found.id;
  // Somebody else's are not among them.
  const isOfThese = owner === undefined || workspaces.some((each) => each.owner === owner);
  return !(isWhole && isOfThese);
}

/** The text without the hosts of a prefix. */
export function withoutPrefix(text: string, prefix: string): string {
  return textOf(linesOf(text).filter((line) => !line.startsWith(prefix)));
}
