import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { Compile } from "typebox/compile";
import { expect, onTestFinished, test } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import { TunnelRequest } from "../../../src/contracts/tunnel.ts";
import { codedReset } from "../../../src/tunnel/coded-reset.ts";
import { decodeTunnelFrame, encodeTunnelFrame } from "../../../src/tunnel/frames.ts";
import { openTunnel } from "../../../src/tunnel/tunnel-client.ts";

const checkRequest = Compile(TunnelRequest);

/** A server that does with each line's first frame what it is told. */
async function serverThat(serve: (socket: WebSocket, asked: unknown) => void): Promise<string> {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  server.on("connection", (socket) => {
    socket.once("message", (data: Buffer) => {
      const { frame } = decodeTunnelFrame(data);
      serve(socket, frame.kind === "open" ? frame.json : null);
    });
  });
  await once(server, "listening");
  onTestFinished(() => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const opening = { token: "", agent: null, service: { kind: "ssh" } } as const;

test("a line that is lost is taken up again by what servers know, whatever else the stream was accepted with", async () => {
  const asked: unknown[] = [];
  const url = await serverThat((socket, json) => {
    asked.push(json);
    socket.send(
      encodeTunnelFrame(0, { kind: "accept", json: { sessionId: "a", secret: "b", hostKey: "ssh-ed25519 c" } }),
    );
    if (asked.length === 1) socket.terminate();
  });
  const states: string[] = [];
  const back = new Promise<void>((resolve) => {
    void openTunnel({
      ...opening,
      url,
      onLine: (state) => {
        states.push(state);
        if (state === "back") resolve();
      },
    }).then((stream) => onTestFinished(() => void stream.destroy()));
  });
  await back;
  expect(states).toEqual(["lost", "back"]);
  expect(asked).toHaveLength(2);
  expect(asked.map((one) => checkRequest.Check(one))).toEqual([true, true]);
  expect(asked[1]).toMatchObject({ resume: { sessionId: "a", secret: "b" } });
});

test("a line that is cut before the stream is accepted, or cannot be had, is told as such, and to be tried again", async () => {
  const url = await serverThat((socket) => socket.terminate());
  for (const target of [url, "ws://127.0.0.1:1"]) {
    const error = await openTunnel({ ...opening, url: target }).catch(codedReset);
    expect(error).toMatchObject({ code: "transient", message: expect.stringContaining("cannot be reached: ") });
  }
});

test("a server that goes away before it has answered is asked for anew, unless something may have begun", async () => {
  let lines = 0;
  const url = await serverThat((socket) => {
    lines += 1;
    if (lines < 3) return socket.terminate();
    socket.send(encodeTunnelFrame(0, { kind: "accept", json: { sessionId: "a", secret: "b" } }));
  });
  const stream = await openTunnel({ ...opening, url });
  onTestFinished(() => void stream.destroy());
  expect(lines).toBe(3);
  const other = await serverThat((socket) => {
    lines += 1;
    socket.terminate();
  });
  const service = { kind: "tcp", host: "localhost", port: 80 } as const;
  await expect(openTunnel({ ...opening, service, url: other })).rejects.toMatchObject({ isCut: true });
  expect(lines).toBe(4);
});

test("a server that goes away in the middle of the upgrade is asked for anew, at most three times more", async () => {
  let lines = 0;
  const server = createServer((socket) => {
    lines += 1;
    socket.once("data", () => socket.resetAndDestroy());
  }).listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await expect(openTunnel({ ...opening, url })).rejects.toMatchObject({ isCut: true });
  expect(lines).toBe(4);
});

test("a stream that is over in the moment in which it is accepted is a refusal, and nobody's unheard error", async () => {
  const url = await serverThat((socket) => {
    socket.send(encodeTunnelFrame(0, { kind: "accept", json: { sessionId: "a", secret: "b" } }));
    socket.send(encodeTunnelFrame(0, { kind: "reset", code: "workspace_stopped", message: "It stops." }));
  });
  await expect(openTunnel({ ...opening, url })).rejects.toMatchObject({ code: "workspace_stopped" });
});
