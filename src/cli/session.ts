import { CodedError } from "../contracts/errors.ts";
import {
  contextNameOf,
  contextNameShape,
  type Contexts,
  contextsPath,
  findContext,
  isSameServer,
  loadContexts,
  namedContext,
  saveContexts,
  type SessionWorld,
  type StoredSession,
} from "./contexts.ts";

/** Where to send a request, and with what. */
export interface Access {
  readonly url: string;
  readonly token: string | undefined;
  /** Words for where the two came from. */
  readonly source: string;
}

/** The session of the context in use. Errors: `not_found` when a context was named that does not exist. */
export async function loadSession(world: SessionWorld): Promise<StoredSession | undefined> {
  return sessionIn(world, await loadContexts(world));
}

function sessionIn(world: SessionWorld, contexts: Contexts): StoredSession | undefined {
  const named = namedContext(world);
  if (named !== undefined) return findContext(contexts, named);
  return contexts.contexts.find(({ name }) => name === contexts.current);
}

/** Before anything is asked of the server. Errors: `invalid_request` for a name that no context can have. */
export function requireContextName(world: SessionWorld): void {
  const named = namedContext(world);
  if (named === undefined || contextNameShape.test(named)) return;
  throw new CodedError("invalid_request", `"${named}" is no name for a context.`, {
    next: "Use up to 64 letters, digits, dots, colons, dashes and underscores.",
  });
}

/**
 * Keeps a session under the context that is named, else under the one that its server has, else under a new one; it is
 * the current one from then on. @returns the file it is kept in.
 */
export async function saveSession(world: SessionWorld, session: StoredSession): Promise<string> {
  const { current, contexts } = await loadContexts(world).catch((error: unknown) => {
    // A damaged file holds nothing that could be kept.
    if (error instanceof CodedError && error.details["isDamaged"] === true) return { current: null, contexts: [] };
    throw error;
  });
  const ofServer = contexts.filter(({ url }) => isSameServer(url, session.url));
  const known = ofServer.find(({ name }) => name === current) ?? ofServer[0];
  const name = namedContext(world) ?? known?.name ?? contextNameOf(session.url);
  const others = contexts.filter((context) => context.name !== name);
  return saveContexts(world, { current: name, contexts: [...others, { name, ...session }] });
}

/** Forgets the context in use. No other takes its place by itself: commands would go to a server that nobody named. */
export async function forgetSession(world: SessionWorld): Promise<void> {
  const contexts = await loadContexts(world);
  const name = namedContext(world) ?? contexts.current;
  if (name !== null) await forgetContext(world, contexts, name);
}

export async function forgetContext(world: SessionWorld, contexts: Contexts, name: string): Promise<void> {
  await saveContexts(world, {
    current: contexts.current === name ? null : contexts.current,
    contexts: contexts.contexts.filter((context) => context.name !== name),
  });
}

/**
 * The server and the token to use: a context that the command line names, then `PREWARM_URL` and `PREWARM_TOKEN`, then
 * `PREWARM_CONTEXT` or the current context. A stored token goes only to the server that gave it, whatever `PREWARM_URL`
 * says.
 */
export async function resolveAccess(world: SessionWorld): Promise<Access | undefined> {
  if (world.context !== undefined) {
    const { url, token } = findContext(await loadContexts(world), world.context);
    return { url, token, source: `the context ${world.context}` };
  }
  const url = world.env["PREWARM_URL"] || undefined;
  const token = world.env["PREWARM_TOKEN"] || undefined;
  if (url !== undefined && (!/^https?:\/\/[^/]/.test(url) || !URL.canParse(url))) {
    throw new CodedError("config_invalid", `PREWARM_URL is "${url}", which is not an http or https URL.`, {
      next: "Set it to the server's address, for example http://127.0.0.1:7080.",
    });
  }
  // Whatever is told of a request that cannot be made would hold it.
  if (token !== undefined && !/^[\x21-\x7e]+$/.test(token)) {
    throw new CodedError(
      "config_invalid",
      "PREWARM_TOKEN holds a blank, a line break or another character of no token.",
      {
        next: "Set it to the token alone.",
      },
    );
  }
  if (url !== undefined && token !== undefined) return { url, token, source: "PREWARM_URL and PREWARM_TOKEN" };
  const contexts = await loadContexts(world);
  const session = sessionIn(world, contexts);
  if (url !== undefined) {
    const all = session === undefined ? contexts.contexts : [session, ...contexts.contexts];
    return { url, token: all.find((one) => isSameServer(one.url, url))?.token, source: "PREWARM_URL" };
  }
  if (session === undefined) return undefined;
  if (token === undefined) return { url: session.url, token: session.token, source: contextsPath(world) };
  return { url: session.url, token, source: "PREWARM_TOKEN" };
}

/**
 * The same for a server that is named, as a program does that goes there whatever the current context is: a context of it
 * that is named, then the environment where it speaks of this server, then the current context or another one of it.
 */
export async function accessTo(world: SessionWorld, url: string): Promise<Access> {
  const { contexts, current } = await loadContexts(world);
  const ofServer = contexts.filter((context) => isSameServer(context.url, url));
  const named = ofServer.find(({ name }) => name === world.context);
  if (named !== undefined) return { url, token: named.token, source: `the context ${named.name}` };
  const inUse = ofServer.find(({ name }) => name === current);
  const token = world.env["PREWARM_TOKEN"] || undefined;
  const tokenUrl = world.env["PREWARM_URL"] || inUse?.url;
  if (token !== undefined && tokenUrl !== undefined && URL.canParse(tokenUrl) && isSameServer(tokenUrl, url)) {
    return { url, token, source: "PREWARM_TOKEN" };
  }
  return { url, token: (inUse ?? ofServer[0])?.token, source: contextsPath(world) };
}
