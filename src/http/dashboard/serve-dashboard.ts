import { brotliCompressSync } from "node:zlib";
import type { FastifyReply, FastifyRequest } from "fastify";
import { serverVersionHeader } from "../../contracts/server-version.ts";
import { sessionCookie } from "../credentials.ts";
import { acceptsCoding, isKnownToCaller } from "../conditional-requests.ts";
import { type DashboardFile, type DashboardFiles, digestOf, isAt, type PageNeeds } from "./dashboard-files.ts";

/** Styles are written into the page by parts that we use (terminal, dialogs); scripts come from files of ours alone. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'self'",
].join("; ");

/** What is below these paths is never a page of the dashboard. */
const othersPaths = /^\/(api|apps|agent|assets|metrics|healthz|readyz|setup|_prewarm)(\/|$)/;

const missingPage = `Prewarm runs, but its dashboard was not built.

Run "npm run build" in the folder of this server and start it again. Until then the command line (bin/prewarm) and the
API (/api/docs) do all that the dashboard does.
`;

interface Serving {
  readonly files: DashboardFiles | null;
  /** Version of the server, as `x-prewarm-version` tells it. */
  readonly version: string;
  /** Path of a reverse proxy below which the server lies, without a slash at its end. */
  readonly below: () => string;
}

/** Answers what is a file or a page of the dashboard. @returns whether it was one */
export function dashboardAnswer(serving: Serving): (request: FastifyRequest, reply: FastifyReply) => boolean {
  const pageOf = keptPages(serving);
  return (request, reply) => {
    if (request.method !== "GET" && request.method !== "HEAD") return false;
    const path = request.url.split("?")[0] ?? "/";
    const file = serving.files?.files.get(path);
    if (file !== undefined) {
      const { isHashed } = file;
      send(request, reply, { file, caching: isHashed ? "public, max-age=31536000, immutable" : "no-cache" });
      return true;
    }
    if (othersPaths.test(path) || !wantsPage(request, path)) return false;
    void reply.header("content-security-policy", contentSecurityPolicy);
    if (serving.files === null) void reply.code(503).type("text/plain; charset=utf-8").send(missingPage);
    else {
      const isPlain = request.cookies[sessionCookie] !== undefined && !request.url.includes("?");
      const file = pageOf({ below: serving.below(), path, isPlain });
      send(request, reply, { file, caching: "no-cache", varying: "accept-encoding, cookie" });
    }
    return true;
  };
}

/** Browsers ask for pages, programs for anything: they are told that there is nothing, in a way that they can read. */
function wantsPage(request: FastifyRequest, path: string): boolean {
  return path === "/" || (request.headers.accept ?? "").includes("text/html");
}

interface Opened {
  /** The path of a reverse proxy. */
  readonly below: string;
  readonly path: string;
  /** Whether what the page asks first can be foreseen: somebody is signed in, as far as that is seen, and wants no search. */
  readonly isPlain: boolean;
}

/** The page as it is for an address, with what it has to know before it asks for anything. */
function keptPages({ files, version }: Serving): (opened: Opened) => DashboardFile {
  const kept = new Map<string, DashboardFile>();
  const told = (below: string): string =>
    `<meta name="prewarm-base" content="${escaped(below)}">\n<meta name="${serverVersionHeader}" content="${escaped(version)}">`;
  return ({ below, path, isPlain }) => {
    const at = (files?.pages ?? []).findIndex((page) => isAt(page, path));
    const key = JSON.stringify([version, below, at, isPlain]);
    const known = kept.get(key);
    if (known !== undefined) return known;
    const text = (files?.page ?? "")
      .replace("</head>", `${neededBy(files?.pages[at], isPlain)}</head>`)
      .replaceAll(/(src|href)="\.\//g, `$1="${escaped(below)}/`)
      .replace("<head>", `<head>\n${told(below)}`);
    const bytes = Buffer.from(text);
    const etag = `"${digestOf(bytes)}"`;
    const type = "text/html; charset=utf-8";
    const page = { type, bytes, brotli: brotliCompressSync(bytes), gzip: null, etag, isHashed: false };
    kept.set(key, page);
    return page;
  };
}

/** Else a browser would ask for it only when it has run the scripts that all pages begin with: half a second later on a slow machine. */
function neededBy(page: PageNeeds | undefined, isPlain: boolean): string {
  const scripts = (page?.scripts ?? []).map((file) => `<link rel="modulepreload" href="./${escaped(file)}">\n`);
  const asks = isPlain ? (page?.asks ?? []) : [];
  const preloads = asks.map((ask) => `<link rel="preload" as="fetch" crossorigin href=".${escaped(ask)}">\n`);
  return [...preloads, ...scripts].join("");
}

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");

interface Sending {
  readonly file: DashboardFile;
  readonly caching: string;
  /** By which headers of a request there is another answer; by what it accepts unless said. */
  readonly varying?: string;
}

function send(request: FastifyRequest, reply: FastifyReply, sending: Sending): void {
  const { file, caching, varying = "accept-encoding" } = sending;
  void reply.header("cache-control", caching).header("etag", file.etag).header("vary", varying);
  if (isKnownToCaller(request, file.etag)) return void reply.code(304).send();
  const [encoding, bytes] =
    file.brotli !== null && acceptsCoding(request, "br")
      ? (["br", file.brotli] as const)
      : file.gzip !== null && acceptsCoding(request, "gzip")
        ? (["gzip", file.gzip] as const)
        : (["", file.bytes] as const);
  if (encoding !== "") void reply.header("content-encoding", encoding);
  void reply.code(200).type(file.type).send(bytes);
}
