import type { Client } from "../../src/client/client.ts";
import type { Workspace } from "../../src/contracts/api/workspaces.ts";
import { sleep } from "../../src/platform/sleep.ts";

export interface Seen {
  readonly workspaceId: string;
  readonly buildId: string;
  readonly buildStatus: string;
  readonly status: string;
}

const reopenMs = 500;

export function seenOf(workspace: Workspace): Seen {
  const { id, status, latestBuild } = workspace;
  return { workspaceId: id, buildId: latestBuild.id, buildStatus: latestBuild.status, status };
}

/**
 * Somebody who looks at a workspace in his browser: a stream of its events that is kept for as long as it lasts. One
 * that is open must show what is true, also when the server lost its own news on the way.
 */
export class Watcher {
  readonly #client: Client;
  readonly #over = new AbortController();
  #stream: AbortController | null = null;
  #wanted: string | null = null;
  /** What an open stream said last; null while none is open, or it has not said anything. */
  last: Seen | null = null;

  constructor(client: Client) {
    this.#client = client;
    void this.#run();
  }

  /** Looks at another workspace from now on; at the same one it goes on. */
  watch(workspaceId: string | null): void {
    if (workspaceId === this.#wanted) return;
    this.#wanted = workspaceId;
    this.#stream?.abort();
  }

  close(): void {
    this.#over.abort();
    this.#stream?.abort();
  }

  async #run(): Promise<void> {
    while (!this.#over.signal.aborted) {
      if (this.#wanted !== null) await this.#follow(this.#wanted).catch(() => undefined);
      this.last = null;
      await sleep(reopenMs, this.#over.signal).catch(() => undefined);
    }
  }

  async #follow(workspaceId: string): Promise<void> {
    this.#stream = new AbortController();
    const { signal } = this.#stream;
    for await (const { event, data } of this.#client.watch("watchWorkspace", {
      params: { workspace: workspaceId },
      signal,
    })) {
      if (signal.aborted) return;
      // The server sends what its schema says.
      if (event === "workspace") this.last = seenOf(data as Workspace);
      else if (event === "error") return;
    }
  }
}
