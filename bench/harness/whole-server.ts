import { spawn } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Client } from "../../src/client/client.ts";
import { packageRoot } from "../../src/main/version.ts";
import { processesMarked, sendSignal } from "../../src/provisioner/host/process-table.ts";

const password = "not a secret";

export interface WholeServer {
  /** Signed in as the administrator. */
  readonly client: Client;
  readonly url: string;
  readonly administrator: { readonly username: string; readonly password: string };
  readonly folder: string;
  stop(): Promise<void>;
}

/** Starts the server as people do, with its own daemon, in a folder of its own. */
export async function startWholeServer(drivers: ReadonlySet<string>): Promise<WholeServer> {
  const folder = mkdtempSync(path.join(tmpdir(), "prewarm-bench-whole-"));
  // The embedded PostgreSQL runs under another account when root starts it.
  chmodSync(folder, 0o755);
  const server = spawn(process.execPath, [path.join(packageRoot, "bin/prewarm"), "server"], {
    env: {
      PATH: process.env["PATH"],
      HOME: folder,
      PREWARM_HTTP_PORT: "0",
      PREWARM_DATA_DIR: path.join(folder, "data"),
      PREWARM_ADMIN_PASSWORD: password,
      PREWARM_PROVISIONER_DRIVERS: [...drivers].join(","),
      // What workspaces read of this folder is the server's account's.
      PREWARM_PROVISIONER_PROCESS_ACCOUNTS: "off",
      PREWARM_PROVISIONER_ALLOW_UNISOLATED: "true",
    },
    stdio: ["ignore", "pipe", "ignore"],
  });
  const url = await new Promise<string>((resolve, reject) => {
    let output = "";
    server.stdout.on("data", (data) => {
      output += String(data);
      const found = /ready at (\S+)/.exec(output)?.[1];
      if (found !== undefined) resolve(found);
    });
    server.once("exit", () => reject(new Error("The server ended at its start.")));
  });
  const administrator = { username: "admin", password };
  const { secret } = await new Client({ url }).call("login", { body: administrator });
  const client = new Client({ url, token: secret });
  await client.call("deleteTemplate", { params: { template: "starter" } });
  return {
    client,
    url,
    administrator,
    folder,
    stop: async () => {
      const exited = new Promise((resolve) => server.once("exit", resolve));
      server.kill("SIGTERM");
      await exited;
      // Workspaces outlive their server: those of a run that was cut off must not.
      const left = await processesMarked((setting) => setting.includes(folder));
      for (const { processId } of left) sendSignal(processId, "SIGKILL");
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
