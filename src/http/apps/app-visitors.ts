import type { IncomingMessage } from "node:http";
import type { Actor } from "../../app/authorize.ts";
import { type AppPlace, findAppPlace } from "../../app/apps/app-place.ts";
import { readAppLink, readAppSession } from "../../app/apps/app-sessions.ts";
import { hashSecret } from "../../app/secret.ts";
import { authenticate, authenticateById } from "../../app/identity/authenticate.ts";
import { type AppAddress, appLabel, appRefText } from "../../contracts/app-address.ts";
import { CodedError } from "../../contracts/errors.ts";
import type { TokenId } from "../../contracts/ids.ts";
import type { HttpDeps } from "../http-deps.ts";
import { appCookies, isOurBearer } from "./app-headers.ts";

/** What was looked up is believed for so long, unless news come before. */
const believedMs = 5_000;
const rememberedMax = 10_000;

/** Who asks; null: nobody knows. */
export interface AppVisitor {
  readonly actor: Actor;
  /** Whether it was the browser that said so by itself, so that the request may be another page's idea. */
  readonly isByCookie: boolean;
  /** The cookie is to be made anew with the answer. */
  readonly isToBeRenewed: boolean;
  /** When what he came with ends by itself; null: not before his session or token does. */
  readonly endsAt: number | null;
}

/** Looks up who asks, and what for, with a memory of seconds: a page asks for dozens of things at once. */
export class AppVisitors {
  readonly #deps: HttpDeps;
  readonly #places = new Map<string, Remembered<AppPlace | undefined>>();
  readonly #actors = new Map<string, Remembered<Actor | null>>();
  readonly #bearers = new Map<string, Remembered<Actor>>();

  constructor(deps: HttpDeps) {
    this.#deps = deps;
    deps.news.subscribe("credentials", () => {
      this.#actors.clear();
      this.#bearers.clear();
    });
    deps.news.subscribe("shares", () => this.#places.clear());
  }

  async place(address: AppAddress): Promise<AppPlace | undefined> {
    return await remembered(this.#places, keyOf(address), async () => findAppPlace(this.#deps, address));
  }

  /** Forgets what was known of a place: it may have been started meanwhile. */
  forget(address: AppAddress): void {
    this.#places.delete(keyOf(address));
  }

  /** Whoever came with an address that was made for programs. Errors: `unauthenticated`, `account_suspended`. */
  async byLink(text: string, address: AppAddress): Promise<AppVisitor> {
    const link = readAppLink(this.#deps, text, appLabel(address));
    const actor = link === undefined ? null : await this.#actor(link.tokenId);
    if (link !== undefined && actor !== null) {
      return { actor, isByCookie: false, isToBeRenewed: false, endsAt: link.endsAt };
    }
    throw new CodedError("unauthenticated", "This address is over, is for another app, or its maker's session ended.", {
      next: "Make another: `prewarm apps url WORKSPACE APP`.",
    });
  }

  /** @param host of the app's address. Errors: `unauthenticated` for a token that holds no longer. */
  async visitor(request: IncomingMessage, host: string, isTls: boolean): Promise<AppVisitor | null> {
    const { authorization } = request.headers;
    if (authorization !== undefined && isOurBearer(authorization)) {
      const secret = authorization.replace(/^Bearer\s+/i, "").trim();
      // Not the secret itself: what is remembered is not to be of use to anybody.
      const key = hashSecret(secret).toString("base64");
      const actor = await remembered(this.#bearers, key, async () => authenticate(this.#deps, secret));
      return { actor, isByCookie: false, isToBeRenewed: false, endsAt: null };
    }
    const text = cookieOf(request, appCookies.session(isTls));
    const session = text === undefined ? undefined : readAppSession(this.#deps, text, host);
    if (session === undefined) return null;
    const actor = await this.#actor(session.tokenId);
    return actor === null ? null : { actor, isByCookie: true, isToBeRenewed: session.isToBeRenewed, endsAt: null };
  }

  async #actor(tokenId: TokenId): Promise<Actor | null> {
    return await remembered(this.#actors, tokenId, async () => {
      try {
        return await authenticateById(this.#deps, tokenId);
      } catch (error) {
        if (error instanceof CodedError && error.status === 401) return null;
        throw error;
      }
    });
  }
}

export function cookieOf(request: IncomingMessage, name: string): string | undefined {
  for (const cookie of (request.headers.cookie ?? "").split(";")) {
    const [key, ...value] = cookie.trim().split("=");
    if (key === name) return value.join("=");
  }
  return undefined;
}

/** Of an address, cheaper than its label. */
function keyOf({ what, workspaceId, agentNumber }: AppAddress): string {
  return `${workspaceId} ${agentNumber} ${appRefText(what)}`;
}

interface Remembered<Value> {
  readonly untilMs: number;
  readonly value: Promise<Value>;
}

async function remembered<Value>(
  known: Map<string, Remembered<Value>>,
  key: string,
  look: () => Promise<Value>,
): Promise<Value> {
  const nowMs = performance.now();
  const found = known.get(key);
  if (found !== undefined && found.untilMs > nowMs) return await found.value;
  const value = look();
  // The oldest are at the beginning.
  for (const [old, { untilMs }] of known) {
    if (untilMs > nowMs && known.size < rememberedMax) break;
    known.delete(old);
  }
  known.delete(key);
  known.set(key, { untilMs: nowMs + believedMs, value });
  try {
    return await value;
  } catch (error) {
    if (known.get(key)?.value === value) known.delete(key);
    throw error;
  }
}
