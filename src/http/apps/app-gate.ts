import type { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { appQuietMs } from "../../app/access/access-log.ts";
import { type AppPlace, mayOpen } from "../../app/apps/app-place.ts";
import { appSessionMs, hashNonce, mintAppSession, readAppCode } from "../../app/apps/app-sessions.ts";
import { createBuild } from "../../app/workspaces/workspaces.ts";
import { type AppAddress, isBelowAppsHost, parseAppHost } from "../../contracts/app-address.ts";
import { CodedError } from "../../contracts/errors.ts";
import { underUrl } from "../../contracts/under-url.ts";
import { shellWord } from "../../contracts/shell-word.ts";
import { codedError } from "../error-answer.ts";
import type { HttpDeps } from "../http-deps.ts";
import { onceClosed } from "../once-closed.ts";
import { serverStopping } from "../stop-http.ts";
import { takeAppLink } from "./app-link.ts";
import { appCookies } from "./app-headers.ts";
import { allowedOrigin, isAllowedOrigin, isOwnIdea, isPreflight, preflightHeaders } from "./app-origins.ts";
import { type AppPage, answerPage, isNavigation } from "./app-pages.ts";
import { type AppRequest, hasBody, passRequest, passUpgrade } from "./app-proxy.ts";
import { AppStreams, type ListeningPlace } from "./app-streams.ts";
import { AppVisitors, type AppVisitor, cookieOf } from "./app-visitors.ts";
import { clientAddress } from "./client-address.ts";
import { OpenVisits } from "./open-visits.ts";

/** Paths of ours on every app's host. */
const ownPrefix = "/_prewarm/";
const nonceBytes = 18;
const nonceSeconds = 600;
/** For a client to take the refusal of an upgrade, and to hang up: what Node has handed over, it looks after no more. */
const refusalMs = 5_000;

/** A request that is for an app. */
interface Asked {
  /** Without what its address brought along. */
  readonly request: IncomingMessage;
  readonly link: string | null;
  readonly address: AppAddress;
  /** `Host`, in lower case. */
  readonly host: string;
}

type Headers = Readonly<Record<string, string>>;

/** Whoever may, with what for. */
interface Admitted {
  readonly place: AppPlace;
  readonly visitor: AppVisitor | null;
}

/** What comes to an app's address, from the server's own port on: who asks, whether he may, and on to the app. */
export class AppGate {
  readonly #deps: HttpDeps;
  readonly #appsHost: string | null;
  readonly #visitors: AppVisitors;
  readonly #streams: AppStreams;
  readonly #visits: OpenVisits;

  constructor(deps: HttpDeps) {
    this.#deps = deps;
    this.#appsHost = deps.options.appsHost;
    this.#visitors = new AppVisitors(deps);
    this.#streams = new AppStreams(deps);
    this.#visits = new OpenVisits(deps, this.#visitors);
  }

  /** Whether a request is for an app's address, and so for nothing of the server's own. */
  takes({ headers: { host = "" } }: IncomingMessage): boolean {
    return this.#appsHost !== null && isBelowAppsHost(host, this.#appsHost);
  }

  serve(request: IncomingMessage, response: ServerResponse): void {
    response.on("error", () => undefined);
    this.#serve(request, response).catch((error: unknown) => this.#refuse(request, response, error));
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on("error", () => undefined);
    this.#upgrade(request, socket, head).catch((error: unknown) => {
      const { status, code, message } = codedError(error);
      const body = JSON.stringify({ error: { code, message } });
      const length = Buffer.byteLength(body);
      socket.end(
        `HTTP/1.1 ${status} ${code}\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\nConnection: close\r\n\r\n${body}`,
      );
      const late = setTimeout(() => socket.destroy(), refusalMs);
      onceClosed(socket, () => clearTimeout(late));
    });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.#deps.stopping.aborted) throw serverStopping();
    const asked = this.#asked(request);
    if (pathOf(request) === `${ownPrefix}callback`) return this.#callBack(asked, response);
    const place = await this.#visitors.place(asked.address);
    if (place === undefined) throw nothingThere();
    const isAsking = isPreflight(request);
    if (isAsking && place.app.cors !== "passthrough") return await this.#preflight(asked, place, response);
    const cors = await this.#corsHeaders(asked, place);
    try {
      // It carries no cookie, and the app is to answer it: without a body it changes nothing there.
      // Of one that does not run nobody is told anything whom nobody knows.
      const isAnswered = place.workspace.status === "running" && !place.workspace.is_prebuild && !hasBody(request);
      if (isAsking && isAnswered) return await this.#pass(asked, { place, visitor: null }, response, cors);
      await this.#admit(asked, place, response, cors);
    } catch (error) {
      // A page that may read the app's answers may read why there is none.
      this.#refuse(request, response, error, cors);
    }
  }

  async #admit(asked: Asked, place: AppPlace, response: ServerResponse, cors: Headers): Promise<void> {
    const path = pathOf(asked.request);
    const visitor = await this.#visitor(asked);
    if (!mayOpen(place, visitor?.actor ?? null)) return this.#turnAway(asked, visitor, response);
    await this.#checkIdea(asked, place, visitor);
    if (path === `${ownPrefix}start`) return await this.#start(asked, { place, visitor }, response);
    if (path.startsWith(ownPrefix)) throw nothingThere();
    await this.#pass(asked, { place, visitor }, response, cors);
  }

  async #pass(asked: Asked, { place, visitor }: Admitted, response: ServerResponse, cors: Headers): Promise<void> {
    const { request } = asked;
    const listening = listeningPlace(place);
    if (place.workspace.status !== "running") return this.#notRunning(asked, { place, visitor }, response);
    // A question that everybody may ask ends with nobody's right.
    if (!isPreflight(request)) {
      onceClosed(
        response,
        this.#hold(asked, { place, visitor }, () => response.destroy()),
      );
    }
    const headers = this.#extraHeaders(asked, visitor, cors);
    await passRequest(this.#streams, this.#passing(asked, listening, visitor), { request, response, headers });
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    if (this.#deps.stopping.aborted) throw serverStopping();
    const asked = this.#asked(request);
    const place = await this.#visitors.place(asked.address);
    if (place === undefined) throw nothingThere();
    const visitor = await this.#visitor(asked);
    if (!mayOpen(place, visitor?.actor ?? null)) throw visitor === null ? signInFirst() : notShared();
    await this.#checkIdea(asked, place, visitor);
    const listening = listeningPlace(place);
    onceClosed(
      socket,
      this.#hold(asked, { place, visitor }, () => socket.destroy()),
    );
    endInTime(socket, visitor, this.#deps.clock.now().getTime());
    if (socket instanceof Socket) socket.setNoDelay(true);
    await passUpgrade(this.#streams, this.#passing(asked, listening, visitor), { request, socket, head });
  }

  /** What is open is ended when its right ends, and told in the audit log. @returns how to let go of it. */
  #hold({ request, address }: Asked, { place: { workspace, app }, visitor }: Admitted, end: () => void): () => void {
    const letGo = this.#visits.hold(address, visitor, end);
    const leave = this.#deps.accessLog.enter({
      userId: visitor?.actor.userId ?? null,
      workspaceId: workspace.id,
      workspaceName: workspace.name,
      organizationId: workspace.organization_id,
      door: `app ${app.ref}`,
      address: visitor === null ? null : clientAddress(request, this.#deps.trustedProxies),
      quietMs: appQuietMs,
    });
    // A connection is kept for further requests.
    const { bytesRead, bytesWritten } = request.socket;
    return () => {
      letGo();
      const { socket } = request;
      leave({ toWorkspace: socket.bytesRead - bytesRead, fromWorkspace: socket.bytesWritten - bytesWritten });
    };
  }

  #asked(request: IncomingMessage): Asked {
    const link = takeAppLink(request);
    const host = (request.headers.host ?? "").toLowerCase();
    const at = parseAppHost(host, this.#appsHost ?? "");
    if (at.kind !== "app") throw nothingThere();
    return { request, link, address: at.address, host };
  }

  get #protocol(): "http:" | "https:" {
    return this.#deps.options.accessUrl().startsWith("https:") ? "https:" : "http:";
  }

  async #visitor({ request, host, link, address }: Asked): Promise<AppVisitor | null> {
    if (link !== null) return await this.#visitors.byLink(link, address);
    return await this.#visitors.visitor(request, host, this.#protocol === "https:");
  }

  #passing({ request, host }: Asked, place: ListeningPlace, visitor: AppVisitor | null): AppRequest {
    return {
      place,
      app: place.app,
      publicHost: host,
      publicProtocol: this.#protocol,
      clientAddress: clientAddress(request, this.#deps.trustedProxies),
      // To an app that is its owner's alone it says nothing.
      visitor: place.app.share === "owner" ? null : (visitor?.actor.username ?? null),
    };
  }

  /** Errors: `forbidden` for what another page made the browser ask. */
  async #checkIdea(asked: Asked, place: AppPlace, visitor: AppVisitor | null): Promise<void> {
    if (visitor?.isByCookie !== true || place.app.cors === "passthrough") return;
    if (await isOwnIdea(this.#visitors, asked.request, this.#where(asked, place))) return;
    throw new CodedError("forbidden", "Another page has asked for this, and it may not.", {
      next: "Apps of one owner may use each other; `cors: passthrough` in the template lets the app say it itself.",
    });
  }

  #where({ host }: Asked, place: AppPlace) {
    return { place, publicOrigin: `${this.#protocol}//${host}`, appsHost: this.#appsHost ?? "" };
  }

  async #preflight(asked: Asked, place: AppPlace, response: ServerResponse): Promise<void> {
    const headers = await preflightHeaders(this.#visitors, asked.request, this.#where(asked, place));
    response.writeHead(headers === null ? 403 : 204, headers ?? {});
    response.end();
  }

  /** What lets a page of another app of the owner read the answer. */
  async #corsHeaders(asked: Asked, place: AppPlace): Promise<Headers> {
    const { origin } = asked.request.headers;
    const where = this.#where(asked, place);
    if (origin === undefined || origin === where.publicOrigin) return {};
    return (await isAllowedOrigin(this.#visitors, origin, where)) ? allowedOrigin(origin) : {};
  }

  /** Of ours, beside the app's own. */
  #extraHeaders(asked: Asked, visitor: AppVisitor | null, cors: Headers): string[] {
    const renewed = visitor?.isToBeRenewed === true ? this.#sessionCookie(asked.host, visitor.actor.tokenId) : null;
    return [...Object.entries(cors).flat(), ...(renewed === null ? [] : ["Set-Cookie", renewed])];
  }

  #sessionCookie(host: string, tokenId: AppVisitor["actor"]["tokenId"]): string {
    const isTls = this.#protocol === "https:";
    const value = mintAppSession(this.#deps, { tokenId, host });
    const secure = isTls ? "; Secure" : "";
    return `${appCookies.session(isTls)}=${value}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${appSessionMs / 1_000}${secure}`;
  }

  /** Whom nobody knows is asked who he is, where he can answer: a program is told, and never sent elsewhere. */
  #turnAway(asked: Asked, visitor: AppVisitor | null, response: ServerResponse): void {
    const { request, host } = asked;
    if (visitor !== null) throw notShared();
    if (!isNavigation(request)) throw signInFirst();
    const nonce = cookieOf(request, appCookies.nonce) ?? this.#deps.random.bytes(nonceBytes).toString("base64url");
    const to = new URL(underUrl(this.#deps.options.accessUrl(), "/apps/authorize"));
    to.searchParams.set("to", `${this.#protocol}//${host}${request.url ?? "/"}`);
    to.searchParams.set("nonce", hashNonce(nonce));
    const secure = this.#protocol === "https:" ? "; Secure" : "";
    response.writeHead(302, {
      location: to.href,
      "cache-control": "no-store",
      "set-cookie": `${appCookies.nonce}=${nonce}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${nonceSeconds}${secure}`,
    });
    response.end();
  }

  /** Back from the server's own page: the code becomes the app's own session. */
  #callBack({ request, host }: Asked, response: ServerResponse): void {
    const query = new URL(request.url ?? "/", "http://app.invalid").searchParams;
    const nonce = cookieOf(request, appCookies.nonce) ?? "";
    const tokenId = readAppCode(this.#deps, query.get("code") ?? "", { host, nonce });
    if (tokenId === undefined) {
      throw new CodedError("unauthenticated", "This sign-in was begun in another browser, or took too long.", {
        next: "Open the app again.",
      });
    }
    const to = query.get("to") ?? "/";
    response.writeHead(302, {
      location: isOwnPath(to) ? to : "/",
      "cache-control": "no-store",
      "set-cookie": this.#sessionCookie(host, tokenId),
    });
    response.end();
  }

  #notRunning({ request }: Asked, { place, visitor }: Admitted, response: ServerResponse): void {
    const { workspace } = place;
    const isOwner = visitor?.actor.userId === workspace.owner_id;
    const isComing = workspace.status === "starting" || workspace.status === "pending";
    const error = new CodedError("agent_unavailable", `The workspace "${workspace.name}" is ${workspace.status}.`, {
      next: isOwner ? `Start it: prewarm start ${workspace.name}` : `Ask ${workspace.owner} to start it.`,
      ...(isComing ? { retryAfterSeconds: 5 } : {}),
    });
    // A name says what somebody works on: visitors are told whom to ask.
    const whose = isOwner ? `It is your workspace ${workspace.name}.` : "";
    const page: AppPage = {
      status: 503,
      title: isComing ? "The workspace is starting" : `The workspace is ${workspace.status}`,
      text: [
        whose,
        isComing ? "The app opens as soon as it can." : isOwner ? "" : `Ask ${workspace.owner} to start it.`,
      ],
      hasStart: isOwner && (workspace.status === "stopped" || workspace.status === "failed"),
      ...(isComing ? { refreshSeconds: 3 } : {}),
    };
    answerPage(request, response, { page, error, headers: { "retry-after": "5" } });
  }

  /** The button of the page above: from that page only, and for its owner only. */
  async #start(asked: Asked, { place, visitor }: Admitted, response: ServerResponse): Promise<void> {
    const { request, host, address } = asked;
    if (request.method !== "POST" || request.headers.origin !== `${this.#protocol}//${host}`) throw nothingThere();
    const isOwner = visitor?.actor.userId === place.workspace.owner_id;
    // An address that a program was given is for the app, and for nothing else that its maker may.
    if (visitor === null || !isOwner || visitor.endsAt !== null) throw notShared();
    await createBuild(this.#deps, visitor.actor, { workspace: place.workspace.id, transition: "start" });
    this.#visitors.forget(address);
    response.writeHead(303, { location: "/", "cache-control": "no-store" });
    response.end();
  }

  #refuse(request: IncomingMessage, response: ServerResponse, error: unknown, headers: Headers = {}): void {
    const coded = codedError(error);
    if (coded.code === "internal") {
      this.#deps.logger.error("a request to an app failed", {
        host: request.headers.host,
        reason: String(error),
        cause: String(coded.cause),
      });
    }
    const refreshSeconds = coded.code === "app_unreachable" || coded.code === "agent_unavailable" ? 5 : undefined;
    const isFar = refreshSeconds !== undefined;
    const page: AppPage = {
      status: coded.status,
      title: isFar ? farTitle(coded) : coded.message,
      text: [
        ...(isFar ? [coded.message] : []),
        ...(coded.next === undefined ? [] : [coded.next]),
        ...(isFar ? ["This page looks again by itself."] : []),
      ],
      ...(refreshSeconds === undefined ? {} : { refreshSeconds }),
    };
    answerPage(request, response, { page, error: coded, headers });
  }
}

/** Browsers leave out tabs and line ends, so that what is behind them may be another host. */
function isOwnPath(to: string): boolean {
  return /^\/(?![/\\])[^\p{Cc}]*$/u.test(to);
}

function pathOf({ url = "/" }: IncomingMessage): string {
  return url.split("?")[0] ?? "/";
}

function farTitle({ details }: CodedError): string {
  if (details["health"] === "starting") return "The app is starting";
  return details["health"] === "unhealthy" ? "The app is unhealthy" : "The app cannot be reached";
}

/** What stays open for as long as both sides like is not to outlive the address that opened it. */
function endInTime(socket: Duplex, visitor: AppVisitor | null, now: number): void {
  const endsAt = visitor?.endsAt ?? null;
  if (endsAt === null) return;
  const timer = setTimeout(() => socket.destroy(), endsAt - now);
  socket.once("close", () => clearTimeout(timer));
}

/** Errors: `not_found` for a command, in words that say how it is opened. */
function listeningPlace({ workspace, app }: AppPlace): ListeningPlace {
  const { at } = app;
  if (at.kind !== "terminal") return { workspace, app: { ...app, at } };
  throw new CodedError("not_found", `"${app.displayName}" is no page: it is a command, and opens in a terminal.`, {
    next: `On your machine: \`prewarm open ${shellWord(workspace.name)} ${app.ref}\`.`,
  });
}

function nothingThere(): CodedError {
  return new CodedError("not_found", "There is no app at this address.", {
    next: "`prewarm apps list WORKSPACE` shows the addresses of a workspace's apps and ports.",
  });
}

function signInFirst(): CodedError {
  return new CodedError("unauthenticated", "Nobody knows who asks.", {
    next: "Open the address in a browser and sign in; programs send an API token in the `authorization` header.",
  });
}

function notShared(): CodedError {
  return new CodedError("forbidden", "This is not shared with you.", {
    next: "Ask its owner: `prewarm shares set WORKSPACE APP authenticated`.",
  });
}
