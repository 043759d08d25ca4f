import type { WorkspacesOf } from "../../app/live/admit-topic.ts";
import { ownersOfChanged } from "../../app/live/owners-of-changed.ts";
import type { AppContext } from "../../app/app-context.ts";
import type { WorkspaceId } from "../../contracts/ids.ts";
import { liveWorkspacesLookedMax } from "../../contracts/limits.ts";
import type { Topic } from "../../contracts/news.ts";

/** Changes within this time are asked about together. */
const settleMs = 20;
const prefix = "workspace:";

interface Listener {
  readonly of: WorkspacesOf;
  readonly hear: () => void;
}

/**
 * Tells those who look at lists that a workspace in them has changed. News name the workspace alone, so that whoever makes
 * them, a claim for one, need not look up whose it is: here it is asked, of all that changed together, by those servers on
 * which somebody looks at a list.
 */
export class WorkspaceWatch {
  readonly #context: AppContext;
  readonly #listeners = new Set<Listener>();
  readonly #changed = new Set<WorkspaceId>();
  #stop: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isLooking = false;

  constructor(context: AppContext) {
    this.#context = context;
  }

  listen(of: WorkspacesOf, hear: () => void): () => void {
    const listener: Listener = { of, hear };
    this.#listeners.add(listener);
    this.#stop ??= this.#context.news.subscribeAll((topic) => this.#onNews(topic));
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      this.#stop?.();
      this.#stop = undefined;
      this.#changed.clear();
    };
  }

  #onNews(topic: Topic | undefined): void {
    if (topic === undefined) return this.#tell(() => true);
    if (!topic.startsWith(prefix)) return;
    if (this.#changed.size >= liveWorkspacesLookedMax) return this.#giveUp();
    this.#changed.add(topic.slice(prefix.length) as WorkspaceId);
    this.#lookSoon();
  }

  #lookSoon(): void {
    if (this.#isLooking || this.#changed.size === 0) return;
    this.#timer ??= setTimeout(() => void this.#look(), settleMs);
    this.#timer.unref();
  }

  async #look(): Promise<void> {
    this.#timer = undefined;
    this.#isLooking = true;
    const ids = Array.from(this.#changed);
    this.#changed.clear();
    try {
      if (ids.length > 0) {
        const { owners, both, organizations } = await ownersOfChanged(this.#context, ids);
        this.#tell(({ ownerId, organizationId }) => {
          if (ownerId !== null && organizationId !== null) return both.has(`${ownerId} ${organizationId}`);
          if (ownerId !== null) return owners.has(ownerId);
          return organizationId === null ? owners.size > 0 : organizations.has(organizationId);
        });
      }
    } catch (error) {
      this.#context.logger.debug("whose the changed workspaces are could not be asked; all lists are looked at again", {
        reason: String(error),
      });
      this.#tell(() => true);
    } finally {
      this.#isLooking = false;
      this.#lookSoon();
    }
  }

  /** More than one look may ask about: whoever looks at a list looks again. */
  #giveUp(): void {
    this.#changed.clear();
    this.#tell(() => true);
  }

  #tell(concerns: (of: WorkspacesOf) => boolean): void {
    for (const { of, hear } of Array.from(this.#listeners)) if (concerns(of)) hear();
  }
}
