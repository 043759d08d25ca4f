import type { IncomingMessage } from "node:http";
import { Duplex } from "node:stream";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { AppGate } from "../../../src/http/apps/app-gate.ts";
import type { HttpDeps } from "../../../src/http/http-deps.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("who is refused an upgrade and does not hang up is hung up on", async () => {
  const news = { subscribe: () => () => undefined };
  const options = { appsHost: "apps.localhost" };
  const gate = new AppGate({ options, news, stopping: AbortSignal.abort() } as unknown as HttpDeps);
  let heard = "";
  // Its other end reads, and says nothing more.
  const socket = new Duplex({
    read: () => undefined,
    write: (bytes, _, done) => {
      heard += String(bytes);
      done();
    },
  });
  gate.upgrade({ headers: {} } as IncomingMessage, socket, Buffer.alloc(0));
  await vi.advanceTimersByTimeAsync(1_000);
  expect(heard).toMatch(/^HTTP\/1\.1 503 /);
  expect(socket.destroyed).toBe(false);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(socket.destroyed).toBe(true);
});
