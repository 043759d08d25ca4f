import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "vitest";
import type { Workspace } from "../../src/contracts/api/workspaces.ts";
import { packFolder } from "../../src/platform/archive/pack-folder.ts";
import { tfstateAddresses } from "../../src/provisioner/drivers/terraform/tfstate-file.ts";
import { bundleProgram } from "./bundled-program.ts";
import { LittleCloud } from "./little-cloud.ts";
import { processesOf } from "./server-process.ts";
import { startTestServer, type TestServer } from "./test-server.ts";
import { waitUntil } from "./wait-until.ts";

export const settledWithinMs = 60_000;

/** A server over HTTP, a little cloud, and daemons with Terraform as processes that may be killed at any step. */
export class TerraformDaemons {
  readonly folder = mkdtempSync(path.join(tmpdir(), "prewarm-cloud-"));
  readonly cloud = new LittleCloud(path.join(this.folder, "cloud"));
  readonly #program = path.join(this.folder, "daemon.mjs");
  readonly #agent = path.join(this.folder, "agent.mjs");
  readonly #daemons: ChildProcess[] = [];
  #server: TestServer | undefined;

  get server(): TestServer {
    if (this.#server === undefined) throw new Error("It is not open.");
    return this.#server;
  }

  async open(): Promise<void> {
    await bundleProgram("test/support/killable-daemon.ts", this.#program);
    await bundleProgram("src/main/agent.ts", this.#agent);
    this.#server = await startTestServer({
      provisionerOrphanAgeMs: 0,
      provisionerLeaseMs: 2_000,
      prebuildsBackoffIntervalMs: 1,
      prebuildsFailureHardLimit: 0,
      prebuildsFailedKept: 0,
      prebuildsReconciliationIntervalMs: 200,
    });
  }

  /**
   * Ends what runs. Fails when something of a workspace is left: a Terraform that a daemon was killed over comes to its
   * end by itself, and what it made with it.
   */
  async close(): Promise<void> {
    this.cloud.letGo();
    await Promise.all(this.#daemons.map((daemon) => kill(daemon)));
    await this.#server?.stop();
    await waitUntil("nothing runs any more", () => processesOf(this.folder).length === 0, settledWithinMs).catch(
      () => undefined,
    );
    const left = processesOf(this.folder);
    for (const processId of left) process.kill(processId, "SIGKILL");
    rmSync(this.folder, { recursive: true, force: true });
    expect(left, "processes that were left behind").toEqual([]);
  }

  /** `name` is also that of its folder: two of different names are on different hosts, as it were. */
  start({ killAt = "", name = "one" }: { readonly killAt?: string; readonly name?: string } = {}): ChildProcess {
    const root = path.join(this.folder, name, "terraform");
    const { url, server } = this.server;
    const args = [this.#program, url, server.daemonKey, "terraform", root, killAt, name, this.#agent];
    const daemon = spawn(process.execPath, args, { stdio: "inherit" });
    this.#daemons.push(daemon);
    return daemon;
  }

  /** Publishes the template `web`. */
  async push(instances: number, configuration = this.cloud.configuration): Promise<void> {
    const source = path.join(this.folder, "template");
    mkdirSync(source, { recursive: true });
    const presets = [{ name: "small", prebuilds: { instances } }];
    const manifest = { driver: "terraform", agents: [{ name: "main" }], presets };
    writeFileSync(path.join(source, "template.yaml"), JSON.stringify(manifest));
    writeFileSync(path.join(source, "main.tf"), configuration);
    const { bytes } = await packFolder(source);
    await this.server.admin.call("pushTemplate", { params: { template: "web" }, bytes });
  }

  async removeTemplate(): Promise<void> {
    await this.server.admin.call("deleteTemplate", { params: { template: "web" } });
  }

  async workspace(id: string): Promise<Workspace> {
    return await this.server.admin.call("getWorkspace", { params: { workspace: id } });
  }

  async build(id: string, transition: "start" | "delete"): Promise<void> {
    await this.server.admin.call("createBuild", { params: { workspace: id }, body: { transition } });
  }

  async until(id: string, status: Workspace["status"]): Promise<void> {
    const isThere = async (): Promise<boolean> => (await this.workspace(id)).status === status;
    await waitUntil(`the workspace is ${status}`, isThere, settledWithinMs);
  }

  /** Waits until the server has a state of the workspace in which the resource is. */
  async untilKnown(id: string, address: string): Promise<void> {
    await waitUntil(
      `the server knows ${address}`,
      async () => {
        const { versions } = await this.server.admin.call("listStateVersions", { params: { workspace: id } });
        if (versions.length === 0) return false;
        const params = { workspace: id, version: 0 };
        // Terraform's own state, unpacked.
        const { state } = (await this.server.admin.call("getStateVersion", { params })) as {
          state: { tfstate: unknown };
        };
        return state.tfstate !== null && tfstateAddresses(JSON.stringify(state.tfstate)).has(address);
      },
      settledWithinMs,
    );
  }

  async untilPublished(): Promise<void> {
    await waitUntil("the template can be used", async () => {
      const { templates } = await this.server.admin.call("listTemplates", {});
      return templates.some((template) => template.activeVersion !== null);
    });
  }

  /** I4: what the database has to live is what exists at the provider, two things each, and nothing else. */
  async databaseAndProviderMatch(workspaces: number): Promise<void> {
    await waitUntil(
      `${workspaces} workspaces live, and all that exists is theirs`,
      async () => {
        await this.#hurryDeletes();
        const live = await this.#live();
        const things = this.cloud.things();
        const own = live.filter((id) => {
          const [first, second, ...more] = things.filter((thing) => thing.startsWith(id));
          return first === `${id}-first` && second?.startsWith(`${id}-second-`) && more.length === 0;
        });
        return live.length === workspaces && own.length === workspaces && things.length === 2 * workspaces;
      },
      settledWithinMs,
    );
  }

  async untilNothingLives(): Promise<void> {
    const isEmpty = async (): Promise<boolean> => {
      await this.#hurryDeletes();
      return (await this.#live()).length === 0;
    };
    await waitUntil("nothing lives any more", isEmpty, settledWithinMs);
  }

  /** A failed delete is tried again after a while, and nobody wants to wait for that. */
  async #hurryDeletes(): Promise<void> {
    const text = `update jobs set completed_at = completed_at - interval '1 hour' where status = 'failed'`;
    await this.server.server.store.query({ name: "test_hurry", text }, []);
  }

  async #live(): Promise<readonly string[]> {
    const query = { name: "test_live", text: "select id from workspaces where deleted_at is null order by id" };
    return (await this.server.server.store.query<{ id: string }>(query, [])).map(({ id }) => id);
  }
}

export async function ended(daemon: ChildProcess): Promise<void> {
  if (daemon.exitCode !== null || daemon.signalCode !== null) return;
  await new Promise((resolve) => daemon.once("exit", resolve));
}

export async function kill(daemon: ChildProcess): Promise<void> {
  daemon.kill("SIGKILL");
  await ended(daemon);
}
