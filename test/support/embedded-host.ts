// A server process in miniature: starts the embedded PostgreSQL, says where, and lives until it is killed or told to stop.
import { EmbeddedPostgresError } from "../../src/db/embedded/embedded-error.ts";
import { startEmbeddedPostgres } from "../../src/db/embedded/start-embedded.ts";
import { silentLogger } from "../../src/platform/logger.ts";

const [dataDir = "", binariesDir] = process.argv.slice(2);

function say(message: Readonly<Record<string, string>>): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

try {
  const server = await startEmbeddedPostgres({
    dataDir,
    logger: silentLogger,
    isDurable: false,
    ...(binariesDir === undefined ? {} : { binariesDir }),
  });
  say({ kind: "ready", connectionString: server.connectionString });
  process.stdin.on("data", () => {
    void server.stop().then(() => process.exit(0));
  });
} catch (error) {
  say({ kind: "error", code: error instanceof EmbeddedPostgresError ? error.code : "other", message: String(error) });
  process.exitCode = 1;
}
