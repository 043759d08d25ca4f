import { stateKeyBytes } from "../../src/app/provisioner/state-vault.ts";
import { Client } from "../../src/client/client.ts";
import type { HttpLimits } from "../../src/http/http-limits.ts";
import { type RunningServer, startServer } from "../../src/main/start-server.ts";
import { liveServerConfig } from "../../src/platform/config/live-options.ts";
import { loadConfig } from "../../src/platform/config/load-config.ts";
import { type ServerConfig, serverOptions } from "../../src/platform/config/server-options.ts";
import { createDisposers } from "../../src/platform/disposers.ts";
import { type MemoryLogger, memoryLogger } from "../../src/platform/logger.ts";
import { createTestDatabase } from "./database.ts";
import { bundledManifestWorker } from "./manifest-worker.ts";

const stateKey = Buffer.alloc(stateKeyBytes, "k").toString("base64");
export const administratorPassword = "correct horse battery";

export interface TestServer {
  readonly server: RunningServer;
  readonly url: string;
  readonly databaseUrl: string;
  readonly logger: MemoryLogger;
  /** Signed in as the administrator. */
  readonly admin: Client;
  /** A client of a new user with this name. */
  member(username: string, organizationRole?: "template_admin" | "member"): Promise<Client>;
  client(token?: string): Client;
  /** Another server on the same database, which ends with this one. */
  another(): Promise<RunningServer>;
  stop(): Promise<void>;
}

/** A whole server on a database of its own and a free port; without a provisioner daemon unless the test starts one. */
export async function startTestServer(
  overrides: Partial<ServerConfig> = {},
  httpLimits: Partial<HttpLimits> = {},
): Promise<TestServer> {
  const database = await createTestDatabase();
  const logger = memoryLogger();
  const disposers = createDisposers(logger);
  const { values, ...rest } = loadConfig(serverOptions, { flags: new Map(), env: {} });
  const manifestWorker = bundledManifestWorker();
  const chosen = { ...values, httpPort: 0, pgUrl: database.url, dataDir: "/tmp", stateKey, ...overrides };
  const startOne = (): Promise<RunningServer> => {
    const loaded = { values: chosen, ...rest };
    const settings = liveServerConfig(loaded);
    return startServer({
      config: settings.values,
      settings,
      isDataDirChosen: true,
      httpLimits,
      manifestWorker,
      administratorPassword,
      logger,
      disposers,
      onFatal: (reason) => logger.error("fatal", { reason }),
    });
  };
  const server = await startOne();
  const client = (token?: string): Client => new Client({ url: server.url, token });
  const signIn = async (username: string, password: string): Promise<Client> =>
    client((await client().call("login", { body: { username, password } })).secret);
  const admin = await signIn("admin", administratorPassword);
  return {
    server,
    url: server.url,
    databaseUrl: database.url,
    logger,
    admin,
    client,
    member: async (username, organizationRole = "member") => {
      const password = `password of ${username}`;
      await admin.call("createUser", { body: { username, password, organizationRole } });
      return signIn(username, password);
    },
    another: startOne,
    stop: async () => {
      await disposers.disposeAll();
      await database.drop();
    },
  };
}
