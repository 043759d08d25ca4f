import { readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { CodedError } from "../../../contracts/errors.ts";
import { sleep } from "../../../platform/sleep.ts";
import { makeFolder } from "../../../platform/make-folder.ts";
import type { BuildContext, Driver, DriverContext, DriverResource } from "../../driver.ts";

export const fakeDriverName = "fake";

/**
 * For tests, simulation and measuring: it takes as long and fails as the template's `fake` section says.
 * What "exists" is one file for each workspace, so that `list` is true and a leak can be seen: its state in the first
 * line, its deployment in the second.
 * It starts no agent.
 */
export class FakeDriver implements Driver {
  readonly name = fakeDriverName;
  readonly #root: string;

  constructor(options: { readonly root: string }) {
    this.#root = options.root;
  }

  capabilities(manifest: DriverContext["manifest"]): { readonly claimEffect: "none" | "unknown" } {
    return { claimEffect: manifest.fake?.claim_changes_nothing === true ? "none" : "unknown" };
  }

  async open(): Promise<void> {
    makeFolder(this.#root);
  }

  async close(): Promise<void> {}

  async parse(context: DriverContext): Promise<void> {
    if (context.manifest.fake?.fail !== "import") return;
    throw new CodedError("invalid_template", "The fake driver refuses the template, as its manifest says.");
  }

  async apply(context: BuildContext): Promise<void> {
    const { work, manifest, log } = context;
    const script = manifest.fake ?? {};
    const isClaim = work.transition === "start" && work.stage === "claim";
    await context.saveState({ exists: true, workspaceId: work.workspaceId });
    log("info", "apply", `${work.transition} of ${work.workspaceName} (${work.stage})`);
    if (work.transition === "stop") {
      await this.#take(context, script.stop_ms);
    } else {
      await this.#write(context, `${work.stage} ${work.buildId}`);
      await this.#take(context, isClaim ? script.claim_ms : script.start_ms);
      if (script.fail === (isClaim ? "claim" : "start")) {
        throw new CodedError("build_failed", `The ${isClaim ? "claim" : "start"} failed, as the manifest says.`);
      }
    }
    await this.#write(context, work.transition === "stop" ? "stopped" : "running");
    log("info", "apply", "done");
  }

  async destroy(context: BuildContext): Promise<void> {
    const script = context.manifest.fake ?? {};
    await this.#take(context, script.delete_ms);
    if (script.fail === "delete") throw new CodedError("build_failed", "The delete failed, as the manifest says.");
    await this.remove(context.work.workspaceId);
    await context.saveState({ exists: false });
    context.log("info", "destroy", "done");
  }

  async list(): Promise<readonly DriverResource[]> {
    const names = await readdir(this.#root).catch(() => []);
    // A draft alone counts: what was killed in the middle of its first write would otherwise be left for ever.
    const found = new Set(names.map((name) => /^(.+)\.workspace(\.new)?$/.exec(name)?.[1]));
    const resources = await Promise.all(
      [...found].map(async (workspaceId) => {
        if (workspaceId === undefined) return [];
        const file = this.#file(workspaceId);
        const text = await readFile(file, "utf8").catch(() => readFile(draftOf(file), "utf8").catch(() => undefined));
        const [detail = "", deploymentId] = text?.split("\n") ?? [];
        return text === undefined ? [] : [{ workspaceId, detail, deploymentId }];
      }),
    );
    return resources.flat();
  }

  async remove(workspaceId: string): Promise<void> {
    const file = this.#file(workspaceId);
    await rm(draftOf(file), { force: true });
    await rm(file, { force: true });
  }

  /** Lets the scripted time pass. */
  async #take(context: BuildContext, durationMs: number | undefined): Promise<void> {
    await sleep(durationMs ?? 0, context.abort);
    if (context.abort.aborted) throw new Error("the work was stopped");
  }

  async #write({ work, deploymentId }: BuildContext, text: string): Promise<void> {
    const file = this.#file(work.workspaceId);
    await writeFile(draftOf(file), `${text}\n${deploymentId}`);
    await rename(draftOf(file), file);
  }

  #file(workspaceId: string): string {
    return path.join(this.#root, `${workspaceId}.workspace`);
  }
}

/** What is written first, so that a file is whole or not there. */
function draftOf(file: string): string {
  return `${file}.new`;
}
