import { describe, expect, it } from "vitest";
import type { FastifyRequest } from "fastify";
import type { Actor } from "../../../src/app/authorize.ts";
import { CodedError } from "../../../src/contracts/errors.ts";
import type { TunnelRequest } from "../../../src/contracts/tunnel.ts";
import { HeldCredentials } from "../../../src/http/held-credentials.ts";
import { HeldPlaces } from "../../../src/http/held-places.ts";
import type { HttpDeps } from "../../../src/http/http-deps.ts";
import { httpLimits } from "../../../src/http/http-limits.ts";
import { Openings } from "../../../src/http/openings.ts";
import { localLine } from "../../../src/http/tunnel/local-line.ts";
import { serveTunnel } from "../../../src/http/tunnel/tunnel-socket.ts";
import { encodeTunnelFrame } from "../../../src/tunnel/frames.ts";

const minuteMs = 60_000;

function openings(max: number) {
  const time = { nowMs: 0 };
  const counted = new Openings(max, () => time.nowMs);
  const open = (person: string): string | undefined => {
    try {
      counted.count(person);
      return undefined;
    } catch (error) {
      if (error instanceof CodedError) return error.code;
      throw error;
    }
  };
  return { time, open };
}

describe("openings in a minute", () => {
  it("are bounded for each person by himself, and are let in again in the next minute", () => {
    const { time, open } = openings(3);
    for (let nth = 0; nth < 3; nth += 1) expect(open("alice")).toBeUndefined();
    expect(open("alice")).toBe("rate_limited");
    expect(open("bob")).toBeUndefined();
    time.nowMs += minuteMs;
    expect(open("alice")).toBeUndefined();
  });

  it("are none where a stream that has lost its line is taken up again, however often that is tried", async () => {
    const places = new HeldPlaces({ ...httpLimits, openingsPerMinuteMax: 3 });
    const request = { headers: {}, ip: "192.0.2.1" } as FastifyRequest;
    const actor = { userId: "alice" } as Actor;
    const open = async (resume: TunnelRequest["resume"]): Promise<void> => {
      const { near, far } = localLine();
      const deps = { places, credentials: new HeldCredentials(), stopping: new AbortController().signal, options: {} };
      far.on("close", places.take("tunnel", actor, request));
      serveTunnel(deps as unknown as HttpDeps, {
        socket: far,
        caller: { kind: "person", actor, request },
        workspace: "any",
      });
      near.send(encodeTunnelFrame(0, { kind: "open", json: { service: { kind: "ssh" }, agent: null, resume } }));
      // It goes on to look for the workspace, which there is not.
      await new Promise((resolve) => near.once("close", resolve));
    };
    for (let nth = 0; nth < 10; nth += 1) await open({ sessionId: "session", secret: "secret" });
    for (let nth = 0; nth < 3; nth += 1) await open(null);
    await expect(open(null)).rejects.toMatchObject({ code: "rate_limited" });
  });

  it("are as many as anybody likes where the option is 0", () => {
    const { open } = openings(0);
    for (let nth = 0; nth < 2_000; nth += 1) expect(open("alice")).toBeUndefined();
  });
});
