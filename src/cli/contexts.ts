import { readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { CodedError } from "../contracts/errors.ts";
import { serverAddress } from "../contracts/under-url.ts";
import type { CliWorld } from "./world.ts";
import { makeFolder } from "../platform/make-folder.ts";

/** What `login` leaves behind for later commands. */
export interface StoredSession {
  readonly url: string;
  readonly token: string;
  readonly username: string;
  /** `session`: made by signing in, ended by `logout`. `api`: a token of the user's own, which `logout` only forgets. */
  readonly kind: "session" | "api";
  readonly expiresAt: string | null;
}

/** A server with a session there, under a name of the user's own. */
export interface Context extends StoredSession {
  readonly name: string;
}

export interface Contexts {
  /** The one that commands use unless they name another. */
  readonly current: string | null;
  readonly contexts: readonly Context[];
}

export type SessionWorld = Pick<CliWorld, "env" | "homeDirectory" | "context">;

const noContexts: Contexts = { current: null, contexts: [] };
export const contextNameShape = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/;

/** `$PREWARM_CONFIG_DIR`, else `prewarm` below the XDG configuration folder. */
export function configFolder(world: SessionWorld): string {
  const own = world.env["PREWARM_CONFIG_DIR"];
  if (own) return own;
  const xdg = world.env["XDG_CONFIG_HOME"] || path.join(world.homeDirectory, ".config");
  return path.join(xdg, "prewarm");
}

export function contextsPath(world: SessionWorld): string {
  return path.join(configFolder(world), "contexts.json");
}

/** Where releases before contexts kept their one session. It is read while there is no other, and goes at the next write. */
function formerPath(world: SessionWorld): string {
  return path.join(configFolder(world), "session.json");
}

/** The context that the command line or the environment names. */
export function namedContext(world: SessionWorld): string | undefined {
  return world.context ?? (world.env["PREWARM_CONTEXT"] || undefined);
}

/** A name for a server's context where nobody gave one: its address. */
export function contextNameOf(url: string): string {
  const { host, pathname } = new URL(url);
  const name = `${host}${pathname}`.replaceAll(/[^A-Za-z0-9.:-]+/g, "-").replaceAll(/^[^A-Za-z0-9]+|-+$/g, "");
  return name.slice(0, 64) || "default";
}

export function isSameServer(one: string, other: string): boolean {
  return serverAddress(new URL(one)) === serverAddress(new URL(other));
}

async function readText(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return undefined;
    throw new CodedError("config_invalid", `The session file ${file} cannot be read: ${String(cause)}.`, {
      cause,
      next: "Set PREWARM_CONFIG_DIR to a folder of your own that can be read.",
    });
  }
}

function damaged(file: string): CodedError {
  return new CodedError("config_invalid", `The session file ${file} is damaged.`, {
    next: "Run `prewarm login URL` again: it writes a new one.",
    details: { isDamaged: true },
  });
}

/** Errors: `config_invalid` for a file that cannot be read, or is damaged. */
export async function loadContexts(world: SessionWorld): Promise<Contexts> {
  const file = contextsPath(world);
  const text = await readText(file);
  if (text !== undefined) return parseContexts(text) ?? raise(damaged(file));
  const former = await readText(formerPath(world));
  if (former === undefined) return noContexts;
  const session = parseSession(parseJson(former)) ?? raise(damaged(formerPath(world)));
  const name = contextNameOf(session.url);
  return { current: name, contexts: [{ name, ...session }] };
}

function raise(error: CodedError): never {
  throw error;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function parseContexts(text: string): Contexts | undefined {
  const parsed = parseJson(text);
  if (typeof parsed !== "object" || parsed === null) return undefined;
  const { current, contexts }: Partial<Record<keyof Contexts, unknown>> = parsed;
  if (!Array.isArray(contexts)) return undefined;
  const read = contexts.map(parseContext);
  if (!read.every((one) => one !== undefined)) return undefined;
  return { current: typeof current === "string" ? current : null, contexts: read };
}

function parseContext(value: unknown): Context | undefined {
  const session = parseSession(value);
  if (session === undefined) return undefined;
  const { name } = value as Partial<Record<"name", unknown>>;
  return typeof name === "string" && contextNameShape.test(name) ? { name, ...session } : undefined;
}

function parseSession(parsed: unknown): StoredSession | undefined {
  if (typeof parsed !== "object" || parsed === null) return undefined;
  const { url, token, username, kind, expiresAt }: Partial<Record<keyof StoredSession, unknown>> = parsed;
  if (typeof url !== "string" || !URL.canParse(url) || typeof token !== "string") return undefined;
  return {
    url,
    token,
    username: typeof username === "string" ? username : "",
    kind: kind === "api" ? "api" : "session",
    expiresAt: typeof expiresAt === "string" ? expiresAt : null,
  };
}

/** Readable by its owner alone from its first byte, and never half written: another command may read it meanwhile. */
export async function saveContexts(world: SessionWorld, contexts: Contexts): Promise<string> {
  const file = contextsPath(world);
  const draft = `${file}.${process.pid}.tmp`;
  try {
    if (contexts.contexts.length === 0) await rm(file, { force: true });
    else {
      makeFolder(path.dirname(file), 0o700);
      await rm(draft, { force: true });
      await writeFile(draft, `${JSON.stringify(contexts, null, 2)}\n`, { mode: 0o600, flag: "wx" });
      await rename(draft, file);
    }
    await rm(formerPath(world), { force: true });
  } catch (cause) {
    throw new CodedError("config_invalid", `The session file ${file} cannot be written: ${String(cause)}.`, {
      cause,
      next: "Set PREWARM_CONFIG_DIR to a folder of your own that can be written.",
    });
  }
  return file;
}

/** Errors: `not_found` with the names that there are. */
export function findContext({ contexts }: Contexts, name: string): Context {
  const found = contexts.find((context) => context.name === name);
  if (found !== undefined) return found;
  const names = contexts.map((context) => context.name).join(", ");
  throw new CodedError("not_found", `There is no context "${name}".`, {
    next: names === "" ? "`prewarm login URL` makes one." : `There are: ${names}.`,
  });
}
