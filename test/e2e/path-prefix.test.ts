import http from "node:http";
import net, { type AddressInfo, type Socket } from "node:net";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { root } from "../support/server-process.ts";
import { WholeServer } from "../support/whole-server.ts";

const prefix = "/prewarm";
const outside: string[] = [];
let target = { port: 0 };
let proxy: http.Server;
let server: WholeServer;
let base = "";

/** What a reverse proxy does that publishes a server below a path: all else is somebody else's. */
function below(url: string): string | undefined {
  if (url.startsWith(`${prefix}/`)) return url.slice(prefix.length);
  outside.push(url);
  return undefined;
}

function upgrade(request: http.IncomingMessage, client: Socket): void {
  const inner = below(request.url ?? "");
  if (inner === undefined) return void client.end("HTTP/1.1 404 Not Found\r\n\r\n");
  const headers = Object.entries(request.headers).map(([name, value]) => `${name}: ${String(value)}`);
  const upstream = net.connect(target.port, "127.0.0.1", () => {
    upstream.write(`${[`GET ${inner} HTTP/1.1`, ...headers].join("\r\n")}\r\n\r\n`);
    upstream.pipe(client).pipe(upstream);
  });
  for (const socket of [upstream, client]) socket.on("error", () => [upstream, client].map((one) => one.destroy()));
}

beforeAll(async () => {
  proxy = http.createServer((request, answer) => {
    const inner = below(request.url ?? "");
    if (inner === undefined) return void answer.writeHead(404).end();
    const options = { ...target, host: "127.0.0.1", method: request.method, path: inner, headers: request.headers };
    const forwarded = http.request(options, (response) => {
      answer.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(answer);
    });
    forwarded.on("error", () => answer.destroy());
    request.pipe(forwarded);
  });
  proxy.on("upgrade", (request, socket) => upgrade(request, socket as Socket));
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}${prefix}`;
  server = new WholeServer({ PREWARM_ACCESS_URL: `${base}/`, PREWARM_PROVISIONER_DRIVERS: "process" });
  await server.start();
  target = { port: Number(new URL(server.url).port) };
}, 90_000);

afterAll(async () => {
  await server.close();
  proxy.closeAllConnections();
  await new Promise((resolve) => proxy.close(resolve));
});

test("a server below a path of a reverse proxy: command line, agents and exec stay below it", {
  timeout: 120_000,
}, async () => {
  const login = await server.run(`login ${base}/ --username admin --password-stdin`, "choose a password");
  expect(login).toMatchObject({ exitCode: 0 });
  await server.must(["templates", "push", path.join(root, "templates/starter"), "--name", "starter"]);
  expect(await server.must("create w --template starter")).toContain("usable after");
  expect(await server.must("exec w -- echo it-works")).toContain("it-works");
  expect(outside).toEqual([]);
});
