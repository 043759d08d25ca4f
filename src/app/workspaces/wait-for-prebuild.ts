import type { PresetId } from "../../contracts/ids.ts";
import { claimWaitMsMax } from "../../contracts/limits.ts";
import { createSignal } from "../../platform/signal.ts";
import type { Claimed, Creation, Missed, Timing } from "./creation.ts";
import { canAppear } from "./miss-reason.ts";
import { seekOnce } from "./seek-prebuild.ts";

const waitMsDefault = 30_000;
/** A creation that waits looks again at least this often, in case it was not told. */
const waitPollMs = 1_000;

/**
 * Looks for a prebuild until there is one, none can come any more, or the time that was asked for is over.
 * Errors: `too_many_waiters`; the reason of `gone`, when nobody is there any more to have what would be claimed.
 */
export async function waitForPrebuild(creation: Creation): Promise<(Claimed | Missed) & Timing> {
  const { context, request, input, gone } = creation;
  const begunMs = context.monotonicMs();
  const first = await seekOnce(creation);
  if (first.kind === "claimed" || !canAppear(first.reason)) return { ...first, triedMs: begunMs, waitedMs: 0 };
  const leave = context.waiters.enter(creation.actor.userId);
  const signal = createSignal();
  const stop = context.news.subscribe(`pool:${request.preset?.presetId as PresetId}`, () => signal.notify());
  const limitMs = Math.min(input.waitMs ?? waitMsDefault, claimWaitMsMax);
  const waitingSinceMs = context.monotonicMs();
  try {
    for (;;) {
      gone?.throwIfAborted();
      const triedMs = context.monotonicMs();
      const waitedMs = triedMs - waitingSinceMs;
      const sought = await seekOnce({ ...creation, waitedMs });
      const isOver = waitedMs >= limitMs || (sought.kind === "missed" && !canAppear(sought.reason));
      if (sought.kind === "claimed" || isOver) return { ...sought, triedMs, waitedMs };
      const timeoutMs = Math.max(1, Math.min(waitPollMs, limitMs - waitedMs));
      await signal.wait({ timeoutMs, ...(gone === undefined ? {} : { abort: gone }) });
    }
  } finally {
    leave();
    stop();
  }
}
