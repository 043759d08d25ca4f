// What a person sees: the sign-in on the way to an app, a development server with hot reload, and a workspace that is stopped.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { createServer, type ViteDevServer } from "vite";
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from "vitest";
import { packFolder } from "../../src/platform/archive/pack-folder.ts";
import { appHost } from "../support/app-host.ts";
import { administratorPassword, type ServerUnit, SeveralServers } from "../support/several-servers.ts";
import { freePorts } from "../../chaos/system/free-port.ts";
import { waitUntil } from "../support/wait-until.ts";

const testLimitMs = 120_000;

let system: SeveralServers;
/** The one has the daemon, and so the agents; the browser goes to the other. */
let one: ServerUnit;
let other: ServerUnit;
let workspaceId: string;
let ownPort: number;
let browser: Browser;
let context: BrowserContext;
let page: Page;

/** An app of the template's, which runs while the workspace does. */
const program = (port: number): string =>
  `require("node:http").createServer((request, response) => {
  response.setHeader("content-type", "text/html");
  response.end(request.url === "/data" ? JSON.stringify({ from: "web" }) : "<title>web</title><h1>It is up</h1>");
}).listen(${port}, "127.0.0.1")`;

beforeAll(async () => {
  [ownPort = 0] = await freePorts(1);
  system = await SeveralServers.start();
  one = await system.addServer("one");
  other = await system.addServer("other", { env: { PREWARM_PROVISIONER_BUILTIN: "false" } });
  const folder = path.join(system.folder, "template");
  mkdirSync(folder);
  const start = `cat > app.cjs <<'END'\n${program(ownPort)}\nEND\nnode app.cjs > app.log 2>&1 &`;
  writeFileSync(
    path.join(folder, "template.yaml"),
    `driver: process
presets: [ { name: one, prebuilds: { instances: 0 } } ]
agents:
  - name: main
    hooks:
      start: { run: ${JSON.stringify(start)} }
    apps:
      - { name: web, url: "http://localhost:${ownPort}" }
`,
  );
  const { bytes } = await packFolder(folder);
  await one.admin.call("pushTemplate", { params: { template: "web" }, bytes });
  const created = await waitUntil("the template is imported", async () => {
    try {
      return await one.admin.call("createWorkspace", { body: { name: "dev", template: "web" } });
    } catch {
      return undefined;
    }
  });
  workspaceId = created.workspace.id;
  await waitUntil("it is usable", async () => {
    const { isUsable } = await one.admin.call("getWorkspace", { params: { workspace: "dev" } });
    return isUsable || undefined;
  });
  browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
}, testLimitMs);
afterAll(async () => {
  await browser?.close();
  await system.close();
}, testLimitMs);
beforeEach(async () => {
  context = await browser.newContext();
  page = await context.newPage();
  return async () => await context.close();
});

const origin = (what: string | number, server = other): string => `http://${appHost(what, workspaceId, server.url)}`;

async function signIn(): Promise<void> {
  await page.getByLabel("User name").fill("admin");
  await page.getByLabel("Password").fill(administratorPassword);
  await page.getByRole("button", { name: "Sign in" }).click();
}

test("whoever opens an app's address signs in, and is there", { timeout: testLimitMs }, async () => {
  await page.goto(`${origin("web")}/page?a=1`);
  await page.getByRole("heading", { name: "Sign in to Prewarm" }).waitFor();
  await page.getByLabel("User name").fill("admin");
  await page.getByLabel("Password").fill("wrong");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("alert").getByText("The user name or the password is wrong.").waitFor();
  await signIn();
  await page.getByRole("heading", { name: "It is up" }).waitFor();
  expect(page.url()).toBe(`${origin("web")}/page?a=1`);
  // The next app is open at once: the server knows him by now.
  await page.goto(`${origin(ownPort)}/`);
  await page.getByRole("heading", { name: "It is up" }).waitFor();
  // The page of an app cannot read our cookies.
  expect(await page.evaluate("document.cookie")).toBe("");
});

async function viteServer(): Promise<{ readonly server: ViteDevServer; readonly port: number; readonly file: string }> {
  const [port = 0] = await freePorts(1);
  const folder = path.join(system.folder, "vite");
  mkdirSync(folder);
  const file = path.join(folder, "words.js");
  writeFileSync(file, 'export const words = "first words";\n');
  writeFileSync(path.join(folder, "index.html"), '<h1></h1><script type="module" src="/main.js"></script>');
  writeFileSync(
    path.join(folder, "main.js"),
    `import { words } from "./words.js";
const show = (text) => (document.querySelector("h1").textContent = text);
show(words);
globalThis.loads = (globalThis.loads ?? 0) + 1;
import.meta.hot.accept("./words.js", (next) => show(next.words));
`,
  );
  // As people start it: it refuses hosts that it does not know.
  const server = await createServer({
    configFile: false,
    root: folder,
    cacheDir: path.join(system.folder, "vite-cache"),
    server: { port, host: "127.0.0.1", strictPort: true },
    logLevel: "silent",
  });
  await server.listen();
  onTestFinished(async () => {
    await server.close();
    rmSync(folder, { recursive: true });
  });
  return { server, port, file };
}

test("a development server of Vite reloads what changed while the page stays", { timeout: testLimitMs }, async () => {
  const { port, file } = await viteServer();
  const sockets: string[] = [];
  page.on("websocket", (socket) => sockets.push(socket.url()));
  // Of a change before it listens, Vite tells the page nothing.
  const listens = page.waitForEvent("console", (message) => message.text().includes("[vite] connected."));
  await page.goto(`${origin(port)}/`);
  await signIn();
  await page.getByRole("heading", { name: "first words" }).waitFor();
  await listens;
  writeFileSync(file, 'export const words = "second words";\n');
  await page.getByRole("heading", { name: "second words" }).waitFor();
  expect(await page.evaluate("globalThis.loads")).toBe(1);
  expect(sockets.some((url) => url.startsWith(origin(port).replace("http", "ws")))).toBe(true);
});

test("one app reads another of its owner's, and no other page does", { timeout: testLimitMs }, async () => {
  await page.goto(`${origin("web")}/`);
  await signIn();
  await page.getByRole("heading", { name: "It is up" }).waitFor();
  await page.goto(`${origin(ownPort)}/`);
  await page.getByRole("heading", { name: "It is up" }).waitFor();
  const read = `fetch(${JSON.stringify(`${origin("web")}/data`)}, { credentials: "include", headers: { "x-own": "1" } }).then((answer) => answer.json()).catch(String)`;
  expect(await page.evaluate(read)).toEqual({ from: "web" });
  await page.goto(`${other.url}/sign-in`);
  expect(await page.evaluate(read)).toContain("Failed to fetch");
});

test("signing in leads nowhere but to this server's own pages", { timeout: testLimitMs }, async () => {
  for (const to of [
    "/%09/127.0.0.1:9/",
    "//127.0.0.1:9/",
    "/%0A%5C127.0.0.1:9/",
    "javascript:alert(1)",
    "http:127.0.0.1:9",
  ]) {
    await page.goto(`${other.url}/sign-in?to=${to}`);
    await signIn();
    await page.waitForURL((url) => url.pathname !== "/sign-in");
    expect(new URL(page.url()).origin).toBe(other.url);
  }
});

test("the page of a stopped workspace has a button that starts it, and then it is the app", {
  timeout: testLimitMs,
}, async () => {
  await page.goto(`${origin("web")}/`);
  await signIn();
  await page.getByRole("heading", { name: "It is up" }).waitFor();
  await one.admin.call("createBuild", { params: { workspace: "dev" }, body: { transition: "stop" } });
  await waitUntil("it is stopped", async () => {
    const { status } = await one.admin.call("getWorkspace", { params: { workspace: "dev" } });
    return status === "stopped" || undefined;
  });
  await waitUntil("the page says so", async () => {
    await page.goto(`${origin("web")}/`);
    return (await page.title()) === "The workspace is stopped" || undefined;
  });
  await page.getByRole("button", { name: "Start the workspace" }).click();
  await page.getByRole("heading", { name: "It is up" }).waitFor({ timeout: 60_000 });
});
