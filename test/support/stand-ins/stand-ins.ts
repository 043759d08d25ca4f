import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type PluginServer, servePlugin } from "../../../src/provisioner/coder-provider/protocol/plugin-server.ts";
import { standInProviders } from "./providers.ts";
import { standInCalls } from "./stand-in-calls.ts";
import { StandInProcesses } from "./stand-in-processes.ts";

/**
 * Other people's providers, served by this process, and a `terraform` that finds them beside ours. Nothing is fetched,
 * and what they make are processes and folders of this test alone.
 */
export class StandIns {
  readonly folder = mkdtempSync(path.join(tmpdir(), "pw-standins-"));
  readonly processes = new StandInProcesses(path.join(this.folder, "world"));
  /** In place of `terraform`. */
  readonly binary = path.join(this.folder, "terraform");
  readonly #servers: PluginServer[] = [];

  async open(): Promise<void> {
    const sockets = path.join(this.folder, "sockets");
    mkdirSync(sockets, { mode: 0o700 });
    const served = await Promise.all(
      standInProviders.map(async (provider, at): Promise<[string, unknown]> => {
        const socket = path.join(sockets, `${at}.sock`);
        this.#servers.push(await servePlugin(socket, standInCalls(provider, this.processes)));
        const addr = { Network: "unix", String: socket };
        return [provider.address, { Protocol: "grpc", ProtocolVersion: 5, Pid: process.pid, Test: true, Addr: addr }];
      }),
    );
    writeFileSync(this.binary, wrapper(JSON.stringify(Object.fromEntries(served))), { mode: 0o755 });
  }

  async close(): Promise<void> {
    this.processes.endAll();
    await Promise.all(this.#servers.map((server) => server.close()));
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The real one, told of the stand-ins as well. It stays the same process. */
function wrapper(standIns: string): string {
  const real = spawnSync("sh", ["-c", "command -v terraform"], { encoding: "utf8" }).stdout.trim();
  return `#!/bin/sh
others='${standIns.slice(1)}'
case "$TF_REATTACH_PROVIDERS" in
  "") TF_REATTACH_PROVIDERS="{$others" ;;
  *) TF_REATTACH_PROVIDERS="\${TF_REATTACH_PROVIDERS%?},$others" ;;
esac
export TF_REATTACH_PROVIDERS
exec ${real} "$@"
`;
}
