import { expect, test } from "vitest";
import { parseTunnelOpen } from "../../../src/agent/tunnel/parse-open.ts";
import { type ForwardTargets, isWithin } from "../../../src/contracts/forward-targets.ts";
import type { HttpDeps } from "../../../src/http/http-deps.ts";
import { localLine } from "../../../src/http/tunnel/local-line.ts";
import { serveTunnel } from "../../../src/http/tunnel/tunnel-socket.ts";
import { decodeTunnelFrame, encodeTunnelFrame, type TunnelFrame } from "../../../src/tunnel/frames.ts";

test("of hosts only those that cannot be anything else are the workspace's own loopback", () => {
  for (const host of ["localhost", "127.0.0.1", "127.255.255.255", "::1"])
    expect(isWithin("loopback", host)).toBe(true);
  const elsewhere = [
    "169.254.169.254",
    "fe80::1",
    "fe80::1%eth0",
    "fd00:ec2::254",
    "10.0.0.1",
    "0.0.0.0",
    "::",
    "example.com",
    "localhost.example.com",
    "127.0.0.1.example.com",
    "127.1",
    "127.0.0.256",
    "2130706433",
    "::ffff:169.254.169.254",
  ];
  for (const host of elsewhere) {
    expect({ host, is: isWithin("loopback", host) }).toEqual({ host, is: false });
    expect(isWithin("any", host)).toBe(true);
  }
});

test("an agent takes a bound that it does not know for the narrowest, and none for none", () => {
  const open = { service: { kind: "ssh" }, sessionId: "s", userId: "u", secret: null };
  const targets = (said: object): unknown => parseTunnelOpen({ ...open, ...said })?.targets;
  expect(targets({})).toBe("any");
  expect(targets({ targets: "any" })).toBe("any");
  expect(targets({ targets: "loopback" })).toBe("loopback");
  expect(targets({ targets: "link-local" })).toBe("loopback");
});

/** What a server answers to a stream that it, or another one, opens for an app's visitor. */
async function answerToApp(host: string, forwardTargets: ForwardTargets): Promise<TunnelFrame> {
  const service = { kind: "tcp", host, port: 80 } as const;
  const { near, far } = localLine();
  const deps = { options: { forwardTargets }, stopping: new AbortController().signal } as unknown as HttpDeps;
  const grant = { kind: "stream", ownerId: "owner", service } as never;
  serveTunnel(deps, { socket: far, caller: { kind: "server", grant, isRelayed: false }, workspace: "any" });
  near.send(encodeTunnelFrame(0, { kind: "open", json: { service, agent: null, resume: null } }));
  const answer = await new Promise<Buffer>((resolve) => near.once("message", resolve));
  near.close();
  return decodeTunnelFrame(answer).frame;
}

test("an app's visitor gets nowhere but to the workspace's loopback, whatever its owner may reach", async () => {
  for (const host of ["169.254.169.254", "fe80::1", "fd00:ec2::254", "10.0.0.1"]) {
    const answer = await answerToApp(host, "any");
    expect(answer).toMatchObject({ kind: "reset", code: "forbidden" });
  }
  // It goes on to look for the workspace, which there is not.
  expect(await answerToApp("localhost", "any")).toMatchObject({ kind: "reset", code: "internal" });
});
