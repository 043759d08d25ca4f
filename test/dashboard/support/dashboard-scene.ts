// A real server with the driver `process`, a template whose pool is soon full, and a browser before it.
import type { Client } from "../../../src/client/client.ts";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll } from "vitest";
import { launchChromium } from "../../support/chromium.ts";
import { createTestDatabase, type TestDatabase } from "../../support/database.ts";
import { signIn as clientOf } from "../../support/server-process.ts";
import { waitUntil } from "../../support/wait-until.ts";
import { WholeServer } from "../../support/whole-server.ts";
import { openWatched, type WatchedPage } from "./watched-page.ts";

export const testLimitMs = 120_000;
export const administratorPassword = "choose a password";
/** The driver makes workspaces of this machine itself, so that they are there at once. */
export const exampleTemplate = `driver: process
parameters:
  - { name: region, type: string, default: eu, options: [ { name: Europe, value: eu }, { name: America, value: us } ] }
  - { name: size, type: number, default: 1, mutable: true, validation: { min: 1, max: 4 } }
presets:
  - { name: small, default: true, parameters: { region: eu, size: 1 }, prebuilds: { instances: 2 } }
agents: [ { name: main } ]
`;

const templateName = "node";

export interface DashboardScene {
  readonly server: WholeServer;
  readonly url: string;
  /** The administrator, by the API. */
  readonly admin: Client;
  readonly browser: Browser;
  /** A page in a browser context of its own; what it complains of fails the test. */
  open(path?: string): Promise<WatchedPage>;
  /** The same, signed in as the administrator, at a path. Without the form, which costs a test a second. */
  openSignedIn(path?: string): Promise<WatchedPage>;
  /** Waits until the pool of the template `node` has prebuilds ready: that of the server's own example is another. */
  poolIsReady(atLeast?: number): Promise<void>;
}

interface SceneOptions {
  /** Options of the server, besides those of every scene. */
  readonly env?: Readonly<Record<string, string>>;
  /** The text of `template.yaml` of the template `node`; null for none. */
  readonly template?: string | null;
}

/** Call it once at the top of a test file: all tests of the file share the server and the browser. */
export function dashboardScene({ env = {}, template = exampleTemplate }: SceneOptions = {}): DashboardScene {
  const server = new WholeServer({ PREWARM_PROVISIONER_DRIVERS: "process", ...env });
  let database: TestDatabase | undefined;
  let admin: Client | undefined;
  let browser: Browser | undefined;
  beforeAll(async () => {
    // One of the run's PostgreSQL: a cluster of the server's own takes as long to make as a test.
    if (env["PREWARM_PG_URL"] === undefined) {
      database = await createTestDatabase();
      server.set({ PREWARM_PG_URL: database.url });
    }
    await server.start();
    admin = await clientOf(server.url, administratorPassword);
    if (template !== null) await published(server, template);
    browser = await launchChromium();
  }, testLimitMs);
  afterAll(async () => {
    await browser?.close();
    await server.close();
    await database?.drop();
  }, testLimitMs);
  const started = <Value>(value: Value | undefined): Value => {
    if (value === undefined) throw new Error("the scene has not started yet: it is there within tests");
    return value;
  };
  const open = async (path = "/", before?: (context: BrowserContext) => Promise<void>): Promise<WatchedPage> => {
    const watched = await openWatched(started(browser));
    await before?.(watched.context);
    await watched.page.goto(`${server.url}${path}`);
    return watched;
  };
  return {
    server,
    open,
    get url() {
      return server.url;
    },
    get admin() {
      return started(admin);
    },
    get browser() {
      return started(browser);
    },
    openSignedIn: async (path = "/workspaces") =>
      await open(path, async (context) => await signInByRequest(server.url, context)),
    poolIsReady: async (atLeast = 1) => {
      await waitUntil("prebuilds are ready", async () => {
        const { pools } = await started(admin).call("listPools", { query: {} });
        return pools.some((pool) => pool.template === templateName && pool.eligible >= atLeast);
      });
    },
  };
}

async function published(server: WholeServer, template: string): Promise<void> {
  const { exitCode, output } = await server.push(templateName, { "template.yaml": template });
  if (exitCode !== 0) throw new Error(`the template was not published: ${output}`);
}

/** A session of the context's own. The form is tested by those tests that open `/sign-in`. */
export async function signInByRequest(url: string, context: BrowserContext, person: Person = {}): Promise<void> {
  const { username = "admin", password = administratorPassword } = person;
  const answer = await context.request.post(`${url}/api/v1/auth/login`, { data: { username, password } });
  if (!answer.ok()) throw new Error(`signing in was refused: ${await answer.text()}`);
}

interface Person {
  readonly username?: string;
  readonly password?: string;
}

/** Types into the sign-in form that the page shows, and sends it. */
export async function signIn(page: Page, person: Person = {}): Promise<void> {
  const { username = "admin", password = administratorPassword } = person;
  await page.getByLabel("User name").fill(username);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
}
