import { createHash } from "node:crypto";
import { linkSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import path from "node:path";
import { CodedError } from "../contracts/errors.ts";
import type { Random } from "../platform/random.ts";
import { makeNamedFolder } from "../platform/make-folder.ts";

const fileName = "daemon-name";
const nameLengthMax = 64;
const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

interface Place {
  /** Absolute: the folder of the daemon, in the server's data folder. */
  readonly root: string;
  readonly dataDir: string;
  readonly host?: string;
  readonly random: Random;
}

/**
 * The name of the server's own daemon. Its workspaces are reached by a daemon of that name alone, so it is kept beside
 * them: it stays when the folder is moved or the host is renamed, and a new folder gets a new one.
 *
 * An installation from before there was the file keeps the name it has, which was made of host and path; one that was
 * moved since is found by its being the only one that the database knows.
 * @param known names of the servers' own daemons in the database, those heard of last first.
 * Errors: `invalid_request` for a file that holds no name.
 */
export function ownDaemonName(place: Place, known: readonly string[]): string {
  const file = path.join(place.root, fileName);
  const kept = readName(file);
  if (kept !== null) return kept;
  const chosen = nameOfBefore(place, known) ?? freshName(place);
  makeNamedFolder(place.root, 0o700);
  const fresh = `${file}.${place.random.base32(8)}`;
  writeFileSync(fresh, `${chosen}\n`, { mode: 0o600, flag: "wx" });
  try {
    // Appears whole or not at all, and only where there is none.
    linkSync(fresh, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    rmSync(fresh);
  }
  return readName(file) ?? chosen;
}

function readName(file: string): string | null {
  let text: string;
  try {
    text = readFileSync(file, "utf8").trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
  if (text.length <= nameLengthMax && namePattern.test(text)) return text;
  throw new CodedError("invalid_request", `The file ${file} does not hold the name of a provisioner.`, {
    next: "Write the name that `prewarm daemons list` shows for this host's workspaces into it; or remove it, if there are none.",
  });
}

function nameOfBefore({ root, dataDir, host }: Place, known: readonly string[]): string | null {
  const place = createHash("sha256").update(path.resolve(dataDir)).digest("hex").slice(0, 8);
  const made = `builtin-${shortHost(host)}-${place}`.slice(0, nameLengthMax);
  if (known.includes(made)) return made;
  const [only, another] = known;
  return only !== undefined && another === undefined && isUsed(root) ? only : null;
}

/** Whether a daemon has worked here before. */
function isUsed(root: string): boolean {
  try {
    return readdirSync(root).length > 0;
  } catch {
    return false;
  }
}

function freshName({ host, random }: Place): string {
  return `builtin-${shortHost(host)}-${random.base32(8)}`.slice(0, nameLengthMax);
}

function shortHost(host: string = hostname()): string {
  const [name = ""] = host.split(".");
  const clean = name.replaceAll(/[^A-Za-z0-9-]/g, "-").slice(0, 40);
  return clean === "" ? "host" : clean;
}
