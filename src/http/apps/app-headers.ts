import type { ListeningApp } from "../../app/apps/app-place.ts";

/** Names of our cookies on an app's host: the app never sees them, and never sets them. */
export const appCookies = {
  session: (isTls: boolean): string => (isTls ? "__Host-prewarm_app" : "prewarm_app"),
  /** What a sign-in was begun with. */
  nonce: "prewarm_app_nonce",
} as const;

const ownCookies = new Set(["prewarm_session", "prewarm_app", "__Host-prewarm_app", appCookies.nonce]);
/** Of one connection, and so not to be passed on (RFC 9110 §7.6.1). */
const hopByHop = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "transfer-encoding",
  "upgrade",
]);

/** Told to the app anew, or not to be told. How long a body is nobody may leave out by a word of `Connection`. */
const notPassed = new Set(["expect", "host", "content-length"]);

/** Header lines as Node has them: name, value, name, value … */
export type RawHeaders = readonly string[];

export interface Passing {
  readonly app: Pick<ListeningApp, "host" | "at">;
  /** Host and port of the app's address, as the browser has it. */
  readonly publicHost: string;
  readonly publicProtocol: "http:" | "https:";
}

/** How an app is told where a body ends: never by what another line says of it, or the rest would be a request of its own. */
export type BodyLength = "none" | "pieces" | { readonly bytes: string };

/** A request as the app gets it. */
export function toApp(
  raw: RawHeaders,
  passing: Passing & {
    readonly clientAddress: string;
    /** Null: nobody knows, or nobody needs to. */
    readonly visitor: string | null;
    readonly body: BodyLength;
    readonly isUpgrade: boolean;
  },
): string[] {
  const { app, publicHost, publicProtocol, visitor, body, isUpgrade } = passing;
  const local = app.at.kind === "tcp" ? `localhost:${app.at.port}` : "localhost";
  const publicOrigin = `${publicProtocol}//${publicHost}`;
  const isLocal = app.host === "localhost";
  const named = namedByConnection(raw);
  const passed = pairs(raw).flatMap(([name, value]): string[] => {
    const key = name.toLowerCase();
    if (hopByHop.has(key) || named.has(key) || notPassed.has(key) || isOfProxies(key)) return [];
    if (key === "authorization" && isOurBearer(value)) return [];
    if (key === "cookie") {
      const left = withoutOwnCookies(value);
      return left === "" ? [] : [name, left];
    }
    if (isLocal && key === "origin" && value === publicOrigin) return [name, `${schemeOf(app)}//${local}`];
    if (isLocal && key === "referer" && value.startsWith(`${publicOrigin}/`)) {
      return [name, `${schemeOf(app)}//${local}${value.slice(publicOrigin.length)}`];
    }
    return [name, value];
  });
  return [
    "Host",
    isLocal ? local : publicHost,
    ...passed,
    "X-Forwarded-For",
    passing.clientAddress,
    // Who is at `localhost` by one header and elsewhere by another refuses what is of the first: editors and frameworks
    // compare `Origin` with whichever of the two they find.
    ...(isLocal ? [] : ["X-Forwarded-Host", publicHost]),
    "X-Forwarded-Proto",
    publicProtocol.slice(0, -1),
    ...(visitor === null ? [] : ["X-Prewarm-User", visitor]),
    ...lengthLines(body),
    ...(isUpgrade ? ["Connection", "Upgrade", "Upgrade", valueOf(raw, "upgrade")] : []),
  ];
}

function lengthLines(body: BodyLength): string[] {
  if (body === "none") return [];
  return body === "pieces" ? ["Transfer-Encoding", "chunked"] : ["Content-Length", body.bytes];
}

/** What only we say to an app. Programs behind CGI and WSGI do not tell `_` from `-` in a name. */
function isOfProxies(key: string): boolean {
  const name = key.replaceAll("_", "-");
  return name.startsWith("x-forwarded-") || name === "forwarded" || name.startsWith("x-prewarm-");
}

/** An app's answer as the browser gets it. */
export function toBrowser(raw: RawHeaders, passing: Passing & { readonly isUpgrade: boolean }): string[] {
  const { app, publicHost, publicProtocol, isUpgrade } = passing;
  const named = namedByConnection(raw);
  const passed = pairs(raw).flatMap(([name, value]): string[] => {
    const key = name.toLowerCase();
    if (hopByHop.has(key) || named.has(key)) return [];
    if (key === "set-cookie") {
      const kept = keptCookie(value, { isLocal: app.host === "localhost", publicHost });
      return kept === null ? [] : [name, kept];
    }
    if (key === "location" && app.host === "localhost") {
      return [name, outside(value, { port: portOf(app), origin: `${publicProtocol}//${publicHost}` })];
    }
    return [name, value];
  });
  return isUpgrade ? [...passed, "Connection", "Upgrade", "Upgrade", valueOf(raw, "upgrade")] : passed;
}

function pairs(raw: RawHeaders): [name: string, value: string][] {
  return raw.flatMap((name, at) => (at % 2 === 0 ? [[name, raw[at + 1] ?? ""] as [string, string]] : []));
}

function valueOf(raw: RawHeaders, key: string): string {
  return pairs(raw).find(([name]) => name.toLowerCase() === key)?.[1] ?? "";
}

function namedByConnection(raw: RawHeaders): ReadonlySet<string> {
  const lines = pairs(raw).filter(([name]) => name.toLowerCase() === "connection");
  return new Set(
    lines.flatMap(([, value]) =>
      value
        .toLowerCase()
        .split(",")
        .map((word) => word.trim()),
    ),
  );
}

function schemeOf({ at }: Passing["app"]): string {
  return at.kind === "tcp" && at.isTls ? "https:" : "http:";
}

/** Behind a socket, an app that knows no port means the usual one. */
function portOf({ at }: Passing["app"]): number {
  return at.kind === "tcp" ? at.port : 80;
}

/** A session or API token of ours; an app has its own use for all others. */
export function isOurBearer(value: string): boolean {
  return /^Bearer\s+pw_(api|session)_/i.test(value);
}

export function withoutOwnCookies(header: string): string {
  return header
    .split(";")
    .map((cookie) => cookie.trim())
    .filter((cookie) => cookie !== "" && !ownCookies.has(cookie.split("=")[0] ?? ""))
    .join("; ");
}

/** @returns null for a cookie of ours, or for more hosts than the app's own: another app's would see it. */
function keptCookie(
  value: string,
  { isLocal, publicHost }: { readonly isLocal: boolean; readonly publicHost: string },
): string | null {
  const [first = "", ...attributes] = value.split(";");
  if (ownCookies.has((first.split("=")[0] ?? "").trim())) return null;
  const ownHost = publicHost.replace(/:\d+$/, "");
  const kept: string[] = [first];
  for (const attribute of attributes) {
    const [key = "", said = ""] = attribute.split("=").map((part) => part.trim());
    if (key.toLowerCase() !== "domain") {
      kept.push(attribute);
      continue;
    }
    const domain = said.replace(/^\./, "").toLowerCase();
    // Without a domain it is the host's own.
    if (isLocal && (domain === "localhost" || domain === "127.0.0.1")) continue;
    if (domain !== ownHost) return null;
  }
  return kept.join(";");
}

/** Where an app on `localhost` sends the browser, as the browser can go there. */
function outside(location: string, { port, origin }: { readonly port: number; readonly origin: string }): string {
  const [whole, rest = ""] =
    /^https?:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?(\/.*|\?.*|#.*)?$/i.exec(location) ?? [];
  if (whole === undefined || !URL.canParse(location)) return location;
  const { port: said, protocol } = new URL(location);
  const meant = said === "" ? (protocol === "https:" ? 443 : 80) : Number(said);
  return meant === port ? `${origin}${rest}` : location;
}
