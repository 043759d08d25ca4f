// A bare page with a terminal, on the server's own origin and with nothing but the session's cookie: what the dashboard's does.
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from "vitest";
import { terminalPath } from "../../src/contracts/terminals.ts";
import { appHost } from "../support/app-host.ts";
import { twoServers } from "../support/claimed-workspace.ts";
import { administratorPassword, type ServerUnit, type SeveralServers } from "../support/several-servers.ts";

const testLimitMs = 120_000;
const template = `
driver: process
presets: [ { name: one, prebuilds: { instances: 1 } } ]
agents: [ { name: main } ]
`;

let system: SeveralServers;
let other: ServerUnit;
let workspaceId: string;
let browser: Browser;
let context: BrowserContext;
let page: Page;

/**
 * Attaches, shows what comes, and acknowledges it. `globalThis` has the terminal: its text, and the position at which
 * somebody who comes back goes on.
 */
const script = `
globalThis.terminal = { text: "", position: 0, socket: null, closed: null, told: [] };
globalThis.attach = (address, from) => new Promise((resolve) => {
  const query = "?cols=80&rows=24" + (from === null ? "" : "&from=" + from);
  const socket = new WebSocket(address.replace(/^http/, "ws") + query);
  socket.binaryType = "arraybuffer";
  terminal.socket = socket;
  socket.onclose = ({ code }) => { terminal.closed = code; resolve("closed"); };
  socket.onmessage = ({ data }) => {
    const bytes = new Uint8Array(data);
    if (bytes[0] === 3) {
      const told = JSON.parse(new TextDecoder().decode(bytes.subarray(1)));
      terminal.told.push(told.kind);
      if (told.kind === "attached") { terminal.position = told.position; resolve(told); }
      return;
    }
    if (bytes[0] !== 0) return;
    terminal.text += new TextDecoder().decode(bytes.subarray(1));
    document.querySelector("pre").textContent = terminal.text;
    terminal.position += bytes.length - 1;
    const ack = new DataView(new ArrayBuffer(9));
    ack.setUint8(0, 2);
    ack.setBigUint64(1, BigInt(terminal.position));
    socket.send(ack.buffer);
  };
});
globalThis.type = (text) => terminal.socket.send(Uint8Array.from([0, ...new TextEncoder().encode(text)]));
`;

beforeAll(async () => {
  ({ system, other, workspaceId } = await twoServers({ template }));
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

/** A page of the server that does not hold the agent, emptied but for its text: with its origin, and its policy. */
async function barePage(address = `${other.url}/sign-in`): Promise<void> {
  await page.goto(address);
  await page.evaluate("document.body.replaceChildren(document.createElement('pre'))");
  await page.evaluate(script);
}

async function signIn(): Promise<void> {
  await page.goto(`${other.url}/sign-in?to=/api/docs`);
  await page.getByLabel("User name").fill("admin");
  await page.getByLabel("Password").fill(administratorPassword);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL((url) => url.pathname.startsWith("/api/docs"));
}

const addressOf = (id: string): string => `${other.url}${terminalPath(workspaceId, id)}`;
const attach = async (id: string, from: number | null): Promise<unknown> =>
  await page.evaluate(`attach(${JSON.stringify(addressOf(id))}, ${from})`);
const type = async (text: string): Promise<void> => await page.evaluate(`type(${JSON.stringify(text)})`);
const shown = async (text: string): Promise<void> =>
  await page.locator("pre").getByText(text).waitFor({ timeout: 20_000 });

test("a person types in a terminal of his own, and a page that is loaded anew goes on in it", {
  timeout: testLimitMs,
}, async () => {
  await signIn();
  await barePage();
  const id = randomUUID();
  expect(await attach(id, null)).toMatchObject({ kind: "attached", isNew: true });
  await type("word=kept; echo $((40 + 2))-is-it\r");
  await shown("42-is-it");
  // What is printed while nobody looks is there for whoever comes back.
  await type("(sleep 1; echo while-$word-away) &\r");
  await page.evaluate("terminal.socket.close()");
  await barePage();
  expect(await attach(id, 0)).toMatchObject({ kind: "attached", isNew: false });
  await shown("42-is-it");
  await shown("while-kept-away");
  await type("echo still-$word; exit 3\r");
  await shown("still-kept");
  await page.waitForFunction("terminal.told.includes('exit')");
});

test("a page that comes back from where it was misses no line of a build, and sees none twice", {
  timeout: testLimitMs,
}, async () => {
  await signIn();
  await barePage();
  const id = randomUUID();
  await attach(id, null);
  await type("stty -echo; for n in $(seq 1 60); do echo line-$n.; sleep 0.05; done; echo all-$((6 * 10))\r");
  for (let cut = 0; cut < 3; cut += 1) {
    await page.waitForTimeout(400);
    await page.evaluate("terminal.socket.close()");
    await page.waitForTimeout(400);
    await page.evaluate(`attach(${JSON.stringify(addressOf(id))}, terminal.position)`);
  }
  await shown("all-60");
  const lines = await page.evaluate("terminal.text.match(/line-\\d+\\./g)");
  expect(lines).toEqual(Array.from({ length: 60 }, (_, nth) => `line-${nth + 1}.`));
});

test("a page of another origin gets into no terminal, with the person's cookie or without", {
  timeout: testLimitMs,
}, async () => {
  await signIn();
  const app = createServer((_, response) => {
    response.setHeader("content-type", "text/html");
    response.end("<title>an app</title>");
  });
  await new Promise<void>((resolve) => app.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void app.close());
  const { port } = app.address() as AddressInfo;
  for (const address of [`http://${appHost(port, workspaceId, other.url)}/`, "about:blank"]) {
    await barePage(address);
    expect(await attach(randomUUID(), null)).toBe("closed");
    expect(await page.evaluate("terminal.told")).toEqual([]);
  }
});
