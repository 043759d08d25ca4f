import { CodedError } from "../../contracts/errors.ts";
import { defineCommand } from "../command.ts";
import { exitCodes } from "../exit-codes.ts";
import { clientFor } from "../invocation.ts";
import { printable } from "../output/printable.ts";
import { releaseWarning } from "../release-distance.ts";
import { resolveAccess } from "../session.ts";
import type { CliWorld } from "../world.ts";

/** Nobody waits longer for a number. */
const serverTimeoutMs = 2_000;

interface ServerVersion {
  readonly url: string;
  /** Null when it did not say; `error` says why. */
  readonly version: string | null;
  readonly error: string | null;
}

/** Null when no server is known. Which version it has needs no session. */
async function askServer(world: CliWorld): Promise<ServerVersion | null> {
  const access = await resolveAccess(world);
  if (access === undefined) return null;
  const { url } = access;
  try {
    const client = await clientFor(url, undefined, { timeoutMs: serverTimeoutMs });
    return { url, version: (await client.call("version", {})).version, error: null };
  } catch (error) {
    if (error instanceof CodedError) return { url, version: null, error: error.message };
    throw error;
  }
}

function serverText(server: ServerVersion | null): string {
  if (server === null) return "– (you are not signed in to any: `prewarm login URL`)";
  if (server.version === null) return `– (${printable(server.error ?? "")})`;
  return `${printable(server.version)} at ${server.url}`;
}

export const versionCommand = defineCommand({
  usage: "version",
  summary: "show the version of this command line and of the server",
  notes: "`prewarm --version` prints the former alone, and asks nobody.",
  example: "prewarm version",
  read: () => undefined,
  async run(_options, { output, world }) {
    const server = await askServer(world);
    const client = world.version;
    const warning = (server?.version && releaseWarning(client, server.version)) || null;
    output.result({ client, server, warning }, () =>
      output.fields([
        ["client", client],
        ["server", serverText(server)],
      ]),
    );
    if (warning !== null) output.progress(`${output.errorPaint.yellow("warning:")} ${warning}`);
    return exitCodes.done;
  },
});
