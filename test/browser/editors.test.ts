// Editors that run in the workspace and are used in a browser: whole pages of somebody else's, through an app's address.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import path from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { freePorts } from "../../chaos/system/free-port.ts";
import { appHost } from "../support/app-host.ts";
import { twoServers } from "../support/claimed-workspace.ts";
import { administratorPassword, type ServerUnit, type SeveralServers } from "../support/several-servers.ts";
import { waitUntil } from "../support/wait-until.ts";

const testLimitMs = 180_000;
const startMs = 60_000;
/** Debian's `jupyter-notebook`. */
const hasJupyter = spawnSync("jupyter-notebook", ["--version"]).status === 0;

let system: SeveralServers;
let other: ServerUnit;
let workspaceId: string;
let browser: Browser;

beforeAll(async () => {
  ({ system, other, workspaceId } = await twoServers({
    template: "driver: process\npresets: [ { name: one, prebuilds: { instances: 1 } } ]\nagents: [ { name: main } ]\n",
  }));
  browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
}, testLimitMs);
afterAll(async () => {
  await browser?.close();
  await system?.close();
}, testLimitMs);

/** As its documentation says, for one who is alone on the machine; with this driver the workspace is this machine. */
async function startJupyter(): Promise<number> {
  const [port = 0] = await freePorts(1);
  const folder = path.join(system.folder, "jupyter");
  mkdirSync(folder);
  const settings = ["--NotebookApp.token=", "--NotebookApp.password="];
  const args = ["--no-browser", "--allow-root", "--ip=127.0.0.1", `--port=${port}`, "--port-retries=0", ...settings];
  const child: ChildProcess = spawn("jupyter-notebook", [...args, `--notebook-dir=${folder}`], {
    env: { PATH: process.env["PATH"], HOME: folder },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  child.stderr?.on("data", (piece: Buffer) => (said += piece.toString()));
  onTestFinished(async () => {
    child.kill("SIGTERM");
    await waitUntil("Jupyter has ended", () => child.exitCode !== null || child.signalCode !== null);
  });
  const answers = (): Promise<boolean> =>
    fetch(`http://127.0.0.1:${port}/api`).then(
      (answer) => answer.ok,
      () => false,
    );
  await waitUntil(
    "Jupyter answers",
    async () => {
      if (child.exitCode !== null) throw new Error(`Jupyter has ended: ${said}`);
      return await answers();
    },
    startMs,
  );
  return port;
}

/** A page that keeps what the browser complains of. */
async function open(url: string): Promise<{ readonly page: Page; readonly complaints: readonly string[] }> {
  const context = await browser.newContext();
  onTestFinished(async () => await context.close());
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  await page.goto(url);
  await page.getByLabel("User name").fill("admin");
  await page.getByLabel("Password").fill(administratorPassword);
  await page.getByRole("button", { name: "Sign in" }).click();
  return { page, complaints };
}

/** In the page: makes a kernel and has it work something out, by the socket that notebooks use. */
const askKernel = `(async () => {
  const xsrf = /_xsrf=([^;]+)/.exec(document.cookie)?.[1] ?? "";
  const made = await fetch("/api/kernels", { method: "POST", headers: { "X-XSRFToken": xsrf }, body: JSON.stringify({ name: "python3" }) });
  if (!made.ok) return "no kernel: " + made.status;
  const { id } = await made.json();
  const socket = new WebSocket(location.origin.replace("http", "ws") + "/api/kernels/" + id + "/channels?session_id=one");
  return await new Promise((resolve) => {
    socket.onerror = () => resolve("the socket failed");
    socket.onclose = ({ code }) => resolve("the socket was closed with " + code);
    socket.onopen = () => socket.send(JSON.stringify({
      header: { msg_id: "m1", msg_type: "execute_request", session: "one", username: "", version: "5.2", date: new Date().toISOString() },
      parent_header: {}, metadata: {}, channel: "shell",
      content: { code: "print(6 * 7)", silent: false, store_history: false, user_expressions: {}, allow_stdin: false },
    }));
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(data);
      if (message.msg_type === "stream") resolve(message.content.text);
    };
  });
})()`;

/** The same of a terminal. */
const askTerminal = `(async () => {
  const xsrf = /_xsrf=([^;]+)/.exec(document.cookie)?.[1] ?? "";
  const made = await fetch("/api/terminals", { method: "POST", headers: { "X-XSRFToken": xsrf } });
  if (!made.ok) return "no terminal: " + made.status;
  const { name } = await made.json();
  const socket = new WebSocket(location.origin.replace("http", "ws") + "/terminals/websocket/" + name);
  return await new Promise((resolve) => {
    let shown = "";
    socket.onerror = () => resolve("the socket failed");
    socket.onclose = ({ code }) => resolve("the socket was closed with " + code);
    socket.onopen = () => socket.send(JSON.stringify(["stdin", "echo typed-$((6*7))\\r"]));
    socket.onmessage = ({ data }) => {
      const [kind, text] = JSON.parse(data);
      if (kind === "stdout") shown += text;
      if (shown.includes("typed-42")) resolve("typed-42");
    };
  });
})()`;

test.skipIf(!hasJupyter)(
  "Jupyter's pages, its kernels and its terminals work at a port's address",
  { timeout: testLimitMs },
  async () => {
    const port = await startJupyter();
    const origin = `http://${appHost(port, workspaceId, other.url)}`;
    const { page, complaints } = await open(`${origin}/tree`);
    await page.locator("#notebook_list").waitFor();
    expect(await page.evaluate(askKernel)).toBe("42\n");
    // Its page of a terminal fails by itself in Debian's package; what is below it is asked.
    expect(await page.evaluate(askTerminal)).toBe("typed-42");
    expect(complaints).toEqual([]);
  },
);
