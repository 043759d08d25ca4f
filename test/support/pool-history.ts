import type { Controller } from "../../src/controllers/controller.ts";
import { createPoolHistory } from "../../src/controllers/metrics/pool-history.ts";
import type { Fixture } from "./fixture.ts";
import type { TestServer } from "./server.ts";

const minute = 60_000;

/** What samples the pools, of one server of a test, run by hand. */
export function createSampler(server: TestServer): Controller {
  const { context } = server;
  return createPoolHistory({
    db: server.store,
    clock: context.clock,
    serverId: server.id,
    monotonicMs: context.monotonicMs,
    limits: context.options.poolLimits,
  });
}

/** Looks once a minute, for so many of them. */
export async function lookFor(fx: Fixture, sampler: Controller, minutes: number): Promise<void> {
  for (let nth = 0; nth < minutes; nth += 1) {
    await sampler.run(new AbortController().signal);
    fx.clock.advance(minute);
  }
}
