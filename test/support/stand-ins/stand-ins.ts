import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type PluginServer, servePlugin } from "../../../src/provisioner/coder-provider/protocol/plugin-server.ts";
import { Containers } from "./containers.ts";
import { standInCalls } from "./stand-in-provider.ts";
import { standInSchemas } from "./stand-in-schemas.ts";

/** Providers that templates need beside `coder/coder`, served by the test, and a `terraform` that reaches them. */
export interface StandIns {
  /** To be run in place of `terraform`. */
  readonly binary: string;
  readonly containers: Containers;
  close(): Promise<void>;
}

export async function serveStandIns(): Promise<StandIns> {
  const folder = mkdtempSync(path.join(tmpdir(), "pw-stand-ins-"));
  const world = path.join(folder, "world");
  mkdirSync(world);
  const containers = new Containers(world);
  const servers: PluginServer[] = [];
  const reattach: Record<string, unknown> = {};
  for (const [at, [source, schemas]] of Object.entries(standInSchemas).entries()) {
    const socket = path.join(folder, `${at}.sock`);
    servers.push(await servePlugin(socket, standInCalls(schemas, containers)));
    reattach[source] = {
      Protocol: "grpc",
      ProtocolVersion: 5,
      Pid: process.pid,
      Test: true,
      Addr: { Network: "unix", String: socket },
    };
  }
  const binary = path.join(folder, "terraform");
  writeFileSync(path.join(folder, "reattach"), JSON.stringify(reattach).slice(1));
  writeFileSync(binary, wrapper(folder));
  chmodSync(binary, 0o755);
  return {
    binary,
    containers,
    close: async () => {
      containers.endAll();
      await Promise.all(servers.map((server) => server.close()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Ours go into the object that the caller gives, if it gives one, before its closing brace. */
function wrapper(folder: string): string {
  const terraform = spawnSync("sh", ["-c", "command -v terraform"]).stdout.toString().trim();
  return `#!/bin/sh
case "$TF_REATTACH_PROVIDERS" in ?*) before="\${TF_REATTACH_PROVIDERS%?}," ;; *) before="{" ;; esac
export TF_REATTACH_PROVIDERS="$before$(cat ${folder}/reattach)"
exec ${terraform} "$@"
`;
}
