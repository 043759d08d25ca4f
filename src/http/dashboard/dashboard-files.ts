import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".woff2": "font/woff2",
};

export interface DashboardFile {
  readonly type: string;
  readonly bytes: Buffer;
  readonly brotli: Buffer | null;
  readonly gzip: Buffer | null;
  readonly etag: string;
  /** Whether its name changes with its content. */
  readonly isHashed: boolean;
}

/** A page within the page: which addresses it has, and what a browser needs for it besides what all begin with. */
export interface PageNeeds {
  /** Of its path: a text as it is, `*` for what is any from there on, and `?` for a last one that may be absent. */
  readonly parts: readonly string[];
  /** Below the server's own path, without a slash before them. */
  readonly scripts: readonly string[];
  /** Paths of the API that it asks first, by somebody who is signed in, where its address has no query. */
  readonly asks: readonly string[];
}

/** What `tools/build/dashboard.mjs` made. */
export interface DashboardFiles {
  /** The page, in which paths are relative to the server's own. */
  readonly page: string;
  readonly pages: readonly PageNeeds[];
  /** Changes whenever anything of the dashboard does. */
  readonly fingerprint: string;
  /** By path below the server's URL, with a slash before it. */
  readonly files: ReadonlyMap<string, DashboardFile>;
}

/**
 * Reads the whole of it into memory, a megabyte or two: what is not in the map cannot be asked for, whatever a path says.
 * @returns null where it was not built
 */
export function readDashboard(folder: string): DashboardFiles | null {
  if (!existsSync(path.join(folder, "index.html"))) return null;
  const files = new Map<string, DashboardFile>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name);
    const type = types[path.extname(entry.name)];
    if (!entry.isFile() || type === undefined || entry.name === "index.html") continue;
    const bytes = readFileSync(file);
    const at = `/${path.relative(folder, file).split(path.sep).join("/")}`;
    files.set(at, {
      type,
      bytes,
      brotli: readIfThere(`${file}.br`),
      gzip: readIfThere(`${file}.gz`),
      etag: `"${digestOf(bytes)}"`,
      isHashed: at.startsWith("/assets/"),
    });
  }
  const page = readFileSync(path.join(folder, "index.html"), "utf8");
  const pages = JSON.parse(readFileSync(path.join(folder, "pages.json"), "utf8")) as readonly PageNeeds[];
  const etags = [...files.values()].map(({ etag }) => etag).sort();
  return { page, pages, files, fingerprint: digestOf(Buffer.from(page + etags.join(""))).slice(0, 8) };
}

/** @param path as a browser asks for it, below the server's own */
export function isAt({ parts }: PageNeeds, path: string): boolean {
  const given = path.split("/").slice(1);
  if (given.length > parts.length || given.includes("")) return false;
  return parts.every((part, place) => {
    const text = given[place];
    if (text === undefined || part === "?") return part === "?";
    return part.endsWith("*") ? text.length >= part.length && text.startsWith(part.slice(0, -1)) : text === part;
  });
}

function readIfThere(file: string): Buffer | null {
  return existsSync(file) ? readFileSync(file) : null;
}

export const digestOf = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("base64url").slice(0, 16);
