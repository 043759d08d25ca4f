import { mayOpen } from "../../app/apps/app-place.ts";
import type { AppAddress } from "../../contracts/app-address.ts";
import type { HttpDeps } from "../http-deps.ts";
import { type AppVisitor, type AppVisitors } from "./app-visitors.ts";

/** News of a share that was taken back may be lost, and its end comes without any. */
const lookEveryMs = 4_000;

interface Visit {
  readonly address: AppAddress;
  readonly visitor: AppVisitor | null;
  readonly end: () => void;
}

/**
 * What is open to apps at this moment: ended when the session or token behind it ends, and when it may not be open any
 * more, as when a share is taken back or over.
 */
export class OpenVisits {
  readonly #deps: HttpDeps;
  readonly #visitors: AppVisitors;
  readonly #open = new Set<Visit>();
  #timer: NodeJS.Timeout | undefined;

  constructor(deps: HttpDeps, visitors: AppVisitors) {
    this.#deps = deps;
    this.#visitors = visitors;
    deps.news.subscribe("shares", () => void this.#look());
  }

  /** @returns how to let go of it. */
  hold(address: AppAddress, visitor: AppVisitor | null, end: () => void): () => void {
    const visit: Visit = { address, visitor, end };
    this.#open.add(visit);
    this.#timer ??= setInterval(() => void this.#look(), lookEveryMs);
    const letGo = visitor === null ? () => undefined : this.#deps.credentials.hold(visitor.actor.tokenId, end);
    return () => {
      letGo();
      this.#open.delete(visit);
      if (this.#open.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    };
  }

  async #look(): Promise<void> {
    for (const visit of this.#open) {
      try {
        const place = await this.#visitors.place(visit.address);
        if (place === undefined || !mayOpen(place, visit.visitor?.actor ?? null)) visit.end();
      } catch (error) {
        // The database is away: what was allowed stays so until it is back.
        this.#deps.logger.debug("it could not be seen whether an app is still shared", { reason: String(error) });
        return;
      }
    }
  }
}
