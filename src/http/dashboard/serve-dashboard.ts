import { brotliCompressSync } from "node:zlib";
import type { FastifyReply, FastifyRequest } from "fastify";
import { serverVersionHeader } from "../../contracts/server-version.ts";
import { acceptsCoding, isKnownToCaller } from "../conditional-requests.ts";
import type { DashboardFile, DashboardFiles } from "./dashboard-files.ts";

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
    else send(request, reply, { file: pageOf(serving.below()), caching: "no-cache" });
    return true;
  };
}

/** Browsers ask for pages, programs for anything: they are told that there is nothing, in a way that they can read. */
function wantsPage(request: FastifyRequest, path: string): boolean {
  return path === "/" || (request.headers.accept ?? "").includes("text/html");
}

/** The page as it is below a path, with what it has to know before it asks for anything. */
function keptPages({ files, version }: Serving): (below: string) => DashboardFile {
  const kept = new Map<string, DashboardFile>();
  return (below) => {
    const known = kept.get(below);
    if (known !== undefined) return known;
    const told = `<meta name="prewarm-base" content="${escaped(below)}">\n<meta name="${serverVersionHeader}" content="${escaped(version)}">`;
    const text = (files?.page ?? "")
      .replaceAll(/(src|href)="\.\//g, `$1="${escaped(below)}/`)
      .replace("<head>", `<head>\n${told}`);
    const bytes = Buffer.from(text);
    const etag = `"${version}${below}"`;
    const type = "text/html; charset=utf-8";
    const page = { type, bytes, brotli: brotliCompressSync(bytes), gzip: null, etag, isHashed: false };
    kept.set(below, page);
    return page;
  };
}

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");

interface Sending {
  readonly file: DashboardFile;
  readonly caching: string;
}

function send(request: FastifyRequest, reply: FastifyReply, { file, caching }: Sending): void {
  void reply.header("cache-control", caching).header("etag", file.etag).header("vary", "accept-encoding");
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
