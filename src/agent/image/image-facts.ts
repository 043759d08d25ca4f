import { accessSync, constants, existsSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { ImageFacts } from "../../contracts/image-facts.ts";
import { loadPtyNative } from "../pty/load-native.ts";
import { folderFacts } from "./folder-facts.ts";
import { libcOf, libstdcxxOf } from "./libraries.ts";
import { memoryLimitBytes } from "./memory-limit.ts";

/** What editors run, and what people miss. */
const programs = ["bash", "sh", "tar", "gzip", "curl", "wget", "git", "scp", "rsync"];
const pathDefault = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const textLengthMax = 1_024;

/** Where OpenSSL's, GnuTLS's and Go's programs look, by distribution. */
const certificateFiles = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
  "/etc/ssl/ca-bundle.pem",
  "/etc/ssl/cert.pem",
];

/** Handed over, as what is loaded late must not import what imports schemas (see the bundles' test). */
export interface ImageWorld {
  readonly home: string;
  /** Where sessions start. */
  readonly folder: string;
  /** Of the workspace's commands. */
  readonly environment: Readonly<Record<string, string>>;
}

/** What editors depend on, as it is at this moment. Runs nothing: an image need not have a shell. */
export function imageFacts({ home, folder, environment }: ImageWorld): ImageFacts {
  return {
    ...libcOf("/"),
    libstdcxx: libstdcxxOf("/", environment["LD_LIBRARY_PATH"]),
    programs: programs.filter((name) => isProgram(name, environment["PATH"] ?? pathDefault)),
    hasCertificates: [environment["SSL_CERT_FILE"] ?? "", ...certificateFiles].some(isFilled),
    home: folderFacts(home),
    temporary: folderFacts(environment["TMPDIR"] ?? tmpdir()),
    folder,
    memoryBytes: memoryLimitBytes(),
    terminalProblem: terminalProblem(environment["XDG_RUNTIME_DIR"]),
    uid: process.getuid?.() ?? null,
  };
}

function isProgram(name: string, searched: string): boolean {
  return searched.split(":").some((folder) => folder !== "" && isRunnable(path.join(folder, name)));
}

function isRunnable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

function isFilled(file: string): boolean {
  return file !== "" && existsSync(file) && statSync(file).size > 0;
}

function terminalProblem(runtimeFolder: string | undefined): string | null {
  try {
    loadPtyNative(runtimeFolder);
    return null;
  } catch (error) {
    return (error instanceof Error ? error.message : String(error)).slice(0, textLengthMax);
  }
}
