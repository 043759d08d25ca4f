import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  checkExternalPostgres,
  ExternalPostgresError,
  requireSupported,
} from "../../src/db/embedded/check-external.ts";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "../../src/db/embedded/start-embedded.ts";
import { silentLogger } from "../../src/platform/logger.ts";

let folder = "";
let server: EmbeddedPostgres;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "pw-external-"));
  chmodSync(folder, 0o755);
  const hba = path.join(folder, "pg_hba.conf");
  writeFileSync(hba, "local all prewarm trust\nlocal all all scram-sha-256\n");
  server = await startEmbeddedPostgres({
    dataDir: path.join(folder, "data"),
    logger: silentLogger,
    isDurable: false,
    settings: { hba_file: hba },
  });
  const client = new pg.Client(server.connectionString);
  await client.connect();
  await client.query("create role visitor login password 'right'");
  await client.end();
});

afterAll(async () => {
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

function urlAs(user: string, password: string, database = "prewarm"): string {
  const { host, port } = server.connection;
  return `postgresql://${user}:${password}@${encodeURIComponent(host)}:${port}/${database}`;
}

async function refusal(url: string): Promise<ExternalPostgresError> {
  const outcome = await checkExternalPostgres(url, { timeoutMs: 2000 }).then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(outcome instanceof ExternalPostgresError)) throw new Error(`expected a refusal, got ${String(outcome)}`);
  return outcome;
}

describe("an external PostgreSQL", () => {
  it("that is new enough and lets us in is accepted, with its version", async () => {
    const found = await checkExternalPostgres(urlAs("visitor", "right"));
    expect(found).toEqual({ version: expect.stringMatching(/^18\.\d+$/), majorVersion: 18 });
  });

  it("that refuses the password is told from one that lacks the database, and the password is not repeated", async () => {
    const wrong = await refusal(urlAs("visitor", "hunter2"));
    expect(wrong.code).toBe("pg_auth_failed");
    expect(wrong.message).toContain("visitor");
    expect(wrong.message).not.toContain("hunter2");
    expect((await refusal(urlAs("visitor", "right", "absent"))).code).toBe("pg_database_missing");
  });

  it("that does not answer, or hangs up, or never speaks, is unreachable", async () => {
    const socket = createServer((connection) => {
      connection.on("error", () => {}).resume();
    });
    const port = await new Promise<number>((resolve) => {
      socket.listen(0, "127.0.0.1", () => {
        const address = socket.address();
        resolve(typeof address === "object" && address !== null ? address.port : 0);
      });
    });
    const mute = `postgres://a:hunter2@127.0.0.1:${port}/b`;
    const silent = await checkExternalPostgres(mute, { timeoutMs: 200 }).catch((error: unknown) => error);
    expect(silent).toMatchObject({ code: "pg_unreachable" });
    socket.removeAllListeners("connection").on("connection", (connection) => connection.destroy());
    expect((await refusal(mute)).code).toBe("pg_unreachable");
    await new Promise((resolve) => socket.close(resolve));
    const refused = await refusal(mute);
    expect(refused.code).toBe("pg_unreachable");
    expect(refused.message).toContain(`127.0.0.1:${port}`);
    expect(refused.message).not.toContain("hunter2");
  });

  it.each([
    "",
    "localhost:5432",
    "mysql://x/y",
    "postgres://u:p#w/d@host:notaport",
  ])("%j is not a URL of one", async (url) => {
    expect((await refusal(url)).code).toBe("pg_url_invalid");
  });

  it("older than 15 is refused with both versions, and 15 is accepted", () => {
    expect(() => requireSupported("db", 140_011)).toThrow(/14\.11.* 15 or newer/);
    expect(requireSupported("db", 150_000)).toEqual({ version: "15.0", majorVersion: 15 });
  });
});
