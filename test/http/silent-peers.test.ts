// What our programs call may fall silent: each call ends by itself.
import { createServer, type Server } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { Client } from "../../src/client/client.ts";
import { createMailTransport } from "../../src/controllers/notifications/mail-transport.ts";

/** Answers each connection by what `serve` writes, and never closes one. */
async function listen(serve: (write: (text: string) => void) => (() => void) | void): Promise<number> {
  const ends: (() => void)[] = [];
  const server: Server = createServer((socket) => {
    socket.on("error", () => undefined);
    ends.push(serve((text) => void (socket.writable && socket.write(text))) ?? (() => undefined), () =>
      socket.destroy(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const end of ends) end();
    server.close();
  });
  return (server.address() as { port: number }).port;
}

const head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`;

test.each([
  ["before its beginning", ""],
  ["after an event", `${head}${chunk('event: inbox\ndata: {"unread":1}\n\n')}`],
])("a stream that falls silent %s ends with a code", async (_, text) => {
  const port = await listen((write) => write(text));
  const client = new Client({ url: `http://127.0.0.1:${port}`, streamSilenceMs: 300 });
  const events: unknown[] = [];
  const reading = (async () => {
    for await (const event of client.watch("watchNotifications", {})) events.push(event);
  })();
  await expect(reading).rejects.toMatchObject({ code: "transient" });
  expect(events).toHaveLength(text === "" ? 0 : 1);
});

test("heartbeats keep a stream", async () => {
  const port = await listen((write) => {
    write(head);
    let beats = 0;
    const timer = setInterval(() => {
      beats += 1;
      write(beats < 10 ? chunk(": still here\n\n") : `${chunk('event: inbox\ndata: {"unread":2}\n\n')}0\r\n\r\n`);
    }, 100);
    return () => clearInterval(timer);
  });
  const client = new Client({ url: `http://127.0.0.1:${port}`, streamSilenceMs: 500 });
  const events: unknown[] = [];
  for await (const event of client.watch("watchNotifications", {})) events.push(event);
  expect(events).toEqual([{ event: "inbox", data: { unread: 2 } }]);
});

test("an answer that breaks off in the middle ends with a code", async () => {
  const port = await listen((write) =>
    write('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 90\r\n\r\n{"ver'),
  );
  const client = new Client({ url: `http://127.0.0.1:${port}`, timeoutMs: 300 });
  await expect(client.call("version", {})).rejects.toMatchObject({ code: "transient" });
});

test("a mail server that goes on talking without an end does not keep the others' mails", async () => {
  const port = await listen((write) => {
    write("220 mail\r\n");
    const timer = setInterval(() => write("250-more\r\n"), 50);
    return () => clearInterval(timer);
  });
  const transport = createMailTransport({
    host: "127.0.0.1",
    port,
    tls: "none",
    login: null,
    from: "prewarm@example.com",
    ca: null,
    sendMsMax: 500,
  });
  onTestFinished(() => transport.close());
  const mail = { id: "1", to: "ada@example.com", at: new Date(0), subject: "s", plain: "p", html: "<p>p</p>" };
  await expect(transport.send(mail as never)).rejects.toThrow("did not take it within");
});
