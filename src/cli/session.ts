import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { CodedError } from "../contracts/errors.ts";
import type { CliWorld } from "./world.ts";
import { serverAddress } from "../contracts/under-url.ts";

/** What `login` leaves behind for later commands. */
export interface StoredSession {
  readonly url: string;
  readonly token: string;
  readonly username: string;
  /** `session`: made by signing in, ended by `logout`. `api`: a token of the user's own, which `logout` only forgets. */
  readonly kind: "session" | "api";
  readonly expiresAt: string | null;
}

/** Where to send a request, and with what. */
export interface Access {
  readonly url: string;
  readonly token: string | undefined;
  /** Words for where the two came from. */
  readonly source: string;
}

type SessionWorld = Pick<CliWorld, "env" | "homeDirectory">;

/** `$PREWARM_CONFIG_DIR/session.json`, else `prewarm/session.json` below the XDG configuration folder. */
export function sessionPath(world: SessionWorld): string {
  const own = world.env["PREWARM_CONFIG_DIR"];
  if (own) return path.join(own, "session.json");
  const xdg = world.env["XDG_CONFIG_HOME"] || path.join(world.homeDirectory, ".config");
  return path.join(xdg, "prewarm", "session.json");
}

export async function loadSession(world: SessionWorld): Promise<StoredSession | undefined> {
  const file = sessionPath(world);
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return undefined;
    throw new CodedError("config_invalid", `The session file ${file} cannot be read: ${String(cause)}.`, { cause });
  }
  const session = parseSession(text);
  if (session !== undefined) return session;
  throw new CodedError("config_invalid", `The session file ${file} is damaged.`, {
    next: "Run `prewarm login URL` again: it writes a new one.",
  });
}

function parseSession(text: string): StoredSession | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
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
export async function saveSession(world: SessionWorld, session: StoredSession): Promise<string> {
  const file = sessionPath(world);
  const draft = `${file}.${process.pid}.tmp`;
  try {
    await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
    await rm(draft, { force: true });
    await writeFile(draft, `${JSON.stringify(session, null, 2)}\n`, { mode: 0o600, flag: "wx" });
    await rename(draft, file);
  } catch (cause) {
    throw new CodedError("config_invalid", `The session file ${file} cannot be written: ${String(cause)}.`, {
      cause,
      next: "Set PREWARM_CONFIG_DIR to a folder of your own that can be written.",
    });
  }
  return file;
}

export async function forgetSession(world: SessionWorld): Promise<void> {
  await rm(sessionPath(world), { force: true });
}

/**
 * The server and the token to use: `PREWARM_URL` and `PREWARM_TOKEN` go before the session file.
 * The file's token goes only to the server that gave it, whatever `PREWARM_URL` says.
 */
export async function resolveAccess(world: SessionWorld): Promise<Access | undefined> {
  const url = world.env["PREWARM_URL"] || undefined;
  const token = world.env["PREWARM_TOKEN"] || undefined;
  if (url !== undefined && !/^https?:\/\//.test(url)) {
    throw new CodedError("config_invalid", `PREWARM_URL is "${url}", which is not an http or https URL.`, {
      next: "Set it to the server's address, for example http://127.0.0.1:7080.",
    });
  }
  if (url !== undefined && token !== undefined) return { url, token, source: "PREWARM_URL and PREWARM_TOKEN" };
  const session = await loadSession(world);
  if (session === undefined) return url === undefined ? undefined : { url, token, source: "PREWARM_URL" };
  if (url === undefined) {
    if (token === undefined) return { url: session.url, token: session.token, source: sessionPath(world) };
    return { url: session.url, token, source: "PREWARM_TOKEN" };
  }
  const isSameServer = serverAddress(new URL(url)) === serverAddress(new URL(session.url));
  return { url, token: isSameServer ? session.token : undefined, source: "PREWARM_URL" };
}
