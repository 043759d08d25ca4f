import { spawn } from "node:child_process";
import {
  chownSync,
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import path from "node:path";
import { type Random, systemRandom } from "../../platform/random.ts";
import type { Account } from "./account.ts";
import type { Binaries } from "./binaries.ts";
import { clusterFolder, embeddedUser, postgresEnvironment } from "./cluster.ts";
import { EmbeddedPostgresError, systemCode } from "./embedded-error.ts";
import { lastLines } from "./postgres-output.ts";

const passwordBytes = 32;
/** One that recovers from a crash first takes a while. */
const singleUserLimitMs = 120_000;

/** Nobody comes in by being who he is: not by the socket, and not from this machine. */
const accessRules = `# Written by Prewarm at its start. The password lies in the file \`password\` of the data folder.
local all all scram-sha-256
`;

function passwordFile(dataDir: string): string {
  return path.join(dataDir, "password");
}

/** The password of the embedded server's user; undefined when none was made yet. */
export function embeddedPassword(dataDir: string): string | undefined {
  try {
    return readFileSync(passwordFile(dataDir), "utf8").trim() || undefined;
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw new EmbeddedPostgresError(
      "start_failed",
      `The database's password in ${passwordFile(dataDir)} cannot be read: ${String(error)}. Run as the user that starts the server.`,
      { cause: error },
    );
  }
}

export interface RequirePasswordOptions {
  readonly dataDir: string;
  readonly account: Account;
  readonly binaries: Binaries;
  readonly isDurable: boolean;
  readonly random?: Random;
}

/**
 * Has the cluster, on which nothing runs, ask for a password: a new one, one of a release that trusted everybody who
 * reached the socket, and one whose password was lost. The file comes last: while it is missing all of it is done again.
 * @returns the password
 */
export async function requirePassword(options: RequirePasswordOptions): Promise<string> {
  const { dataDir, account } = options;
  const rules = path.join(clusterFolder(dataDir), "pg_hba.conf");
  const known = embeddedPassword(dataDir);
  if (known !== undefined && readFileSync(rules, "utf8") === accessRules) return known;
  const password = (options.random ?? systemRandom).bytes(passwordBytes).toString("hex");
  rmSync(passwordFile(dataDir), { force: true });
  await setPassword(options, password);
  replaceFile(rules, accessRules, account.spawnAs.uid === undefined ? null : account);
  // Root, who starts somebody's server once, must not lock him out.
  replaceFile(passwordFile(dataDir), `${password}\n`, process.getuid?.() === 0 ? statSync(dataDir) : null);
  return password;
}

/** By PostgreSQL alone with its files, without a server: whoever is kept out cannot let himself in. */
async function setPassword(
  { dataDir, account, binaries, isDurable }: RequirePasswordOptions,
  password: string,
): Promise<void> {
  const settings = [
    // What was drawn at random is not guessed, however quick a guess is; and each connection pays for the rounds.
    "scram_iterations=1",
    "password_encryption=scram-sha-256",
    "log_min_error_statement=panic",
    ...(isDurable ? [] : ["fsync=off"]),
  ].flatMap((setting) => ["-c", setting]);
  const args = ["--single", "-D", clusterFolder(dataDir), ...settings, "postgres"];
  const child = spawn(binaries.postgres, args, {
    ...account.spawnAs,
    cwd: "/",
    env: postgresEnvironment(),
    stdio: ["pipe", "ignore", "pipe"],
    timeout: singleUserLimitMs,
    killSignal: "SIGKILL",
  });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said = (said + text).slice(-8_192);
  });
  child.stdin.on("error", () => {}); // It has ended; its exit says so.
  child.stdin.end(`alter role ${embeddedUser} password '${password}'\n`);
  const ended = await new Promise<string | null>((resolve) => {
    child.on("error", (error) => resolve(error.message));
    child.on("close", (status, signal) =>
      resolve(status === 0 ? null : `it ended with ${signal ?? `status ${status}`}`),
    );
  });
  // It goes on after a statement that fails, and ends well.
  if (ended === null && !/\b(ERROR|FATAL|PANIC):/.test(said)) return;
  throw new EmbeddedPostgresError(
    "start_failed",
    `The database in ${clusterFolder(dataDir)} could not be given its password: ${ended ?? "the statement failed"}. ${lastLines(said)} ` +
      "Remove the cause it names, then start the server again.",
  );
}

/** The file is there as a whole, for its owner alone, or as it was. `owner`: null for whoever runs this. */
function replaceFile(file: string, text: string, owner: { readonly uid: number; readonly gid: number } | null): void {
  const draft = `${file}.new`;
  rmSync(draft, { force: true });
  const descriptor = openSync(draft, "wx", 0o600);
  try {
    writeSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  if (owner !== null) chownSync(draft, owner.uid, owner.gid);
  renameSync(draft, file);
}
