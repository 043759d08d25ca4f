// Whatever people and programs may write freely is shown as the text that it is, wherever it is shown.
import { randomBytes } from "node:crypto";
import type { Page } from "playwright-core";
import { beforeAll, expect, test } from "vitest";
import { waitUntil } from "../support/wait-until.ts";
import { tarArchive } from "../support/tar-archive.ts";
import { dashboardScene, signInByRequest, testLimitMs } from "./support/dashboard-scene.ts";
import { type PageAddresses, pageIsShown, seedEveryPage, tabsOf } from "./support/every-page.ts";
import { sceneDatabase } from "./support/scene-database.ts";
import { openWatched } from "./support/watched-page.ts";

const { sql, env } = await sceneDatabase();

const turned = "\u202e";
const seenTurned = "\\u202e";
const image = "<img src=x onerror=alert(1)>";
const script = '"><script>alert(2)</script>';
/** As many characters as names may have at most, with a mark by which each is found. */
const shortText = (mark: string): string => `${mark}${image}${turned}👩‍💻`.slice(0, 64);
/** Without a space to break a line at. */
const longText = (mark: string, length: number): string =>
  `${mark} ${image}${script}javascript:alert(3)${turned}\u200b ${"W".repeat(length)}`.slice(0, length);
const descriptionLength = 1_024;
const defaultLength = 4_000;

/** Texts that are seen on some page, each by its mark. */
const marks = "td pd pn on pp an vm dm gn tk lk un sr rd ne nt je jl al dk".split(" ").map((mark) => `q${mark}q`);

const manifest = JSON.stringify({
  driver: "process",
  display_name: shortText("qtnq"),
  description: longText("qtdq", descriptionLength),
  parameters: [
    {
      name: "region",
      display_name: shortText("qpnq"),
      description: longText("qpdq", descriptionLength),
      default: "eu",
      options: [
        { name: shortText("qonq"), value: "eu", description: longText("qodq", descriptionLength) },
        { name: "b", value: "us" },
      ],
    },
    {
      name: "zone",
      default: "a",
      options: [
        { name: shortText("qonq"), value: "a" },
        { name: "b", value: "b" },
      ],
    },
    { name: "free", default: longText("qdfq", defaultLength), mutable: true },
  ],
  presets: [
    {
      name: "small",
      default: true,
      description: longText("qppq", 128),
      parameters: { region: "eu" },
      prebuilds: { instances: 2 },
    },
  ],
  secrets: [{ name: "TOKEN", description: longText("qxdq", descriptionLength) }],
  agents: [
    {
      name: "main",
      apps: [{ name: "web", display_name: shortText("qanq"), url: "http://localhost:1/%22%3E%3Cscript%3E" }],
      hooks: { start: { run: `printf '%s\\n' '\u001b]0;title\u0007\u001b[31mqalq ${image}${turned}'` } },
    },
  ],
});

const readme = `# qrdq ${image}${turned}

<script>alert(4)</script> <img src=x onerror=alert(5)>

[a link](javascript:alert(6)) [data](data:text/html,<script>alert(7)</script>) ![picture](https://example.org/x.png)

\`\`\`
${script}
\`\`\`

${"W".repeat(defaultLength)}
`;

const scene = dashboardScene({ env, template: manifest });
const limit = { timeout: 3 * testLimitMs };
let addresses: PageAddresses = {};

beforeAll(async () => {
  addresses = await seedEveryPage(scene);
  await publishHostile();
  await writeHostilePeople();
  await writeHostileJobs();
}, testLimitMs);

async function publishHostile(): Promise<void> {
  const { admin } = scene;
  const bytes = new Uint8Array(
    tarArchive([
      { path: "template.yaml", content: manifest },
      { path: "README.md", content: readme },
      { path: `<img src=x>${"W".repeat(80)}`, content: readme },
    ]),
  );
  const params = { template: "node" };
  await admin.call("pushTemplate", { params, query: { message: longText("qvmq", 256) }, bytes });
  await waitUntil("the version is active", async () => {
    const { template } = await admin.call("getTemplate", { params, query: {} });
    return template.activeVersion?.number === 2;
  });
  await scene.server.push("old", { "template.yaml": "driver: process\nagents: [ { name: main } ]\n" });
  const body = { deprecated: true, message: longText("qdmq", 256) };
  await admin.call("deprecateTemplate", { params: { template: "old" }, query: {}, body });
}

async function writeHostilePeople(): Promise<void> {
  const { admin } = scene;
  const person = { username: "hostile", password: "a password of hostile", name: longText("qunq", 128) };
  await admin.call("createUser", { body: person });
  await admin.call("suspendUser", { params: { username: "hostile" }, body: { reason: longText("qsrq", 200) } });
  await admin.call("createGroup", { query: {}, body: { name: "crew", displayName: shortText("qgnq") } });
  await admin.call("createToken", { body: { name: shortText("qtkq") } });
  await admin.call("createDaemonKey", { body: { name: shortText("qdkq") } });
  await admin.call("addLoginKey", { body: { publicKey: publicKey(), name: shortText("qlkq") } });
  await admin.call("setSecret", {
    params: { secret: "TOKEN" },
    query: {},
    body: { value: "x", description: longText("qseq", descriptionLength), isEverywhere: true },
  });
  await admin.call("changePreferences", {
    body: { saveView: { name: shortText("qsvq"), list: "workspaces", search: "q=dev" } },
  });
}

function publicKey(): string {
  const sized = (bytes: Buffer): Buffer => {
    const size = Buffer.alloc(4);
    size.writeUInt32BE(bytes.length);
    return Buffer.concat([size, bytes]);
  };
  const key = Buffer.concat([sized(Buffer.from("ssh-ed25519")), sized(randomBytes(32))]);
  return `ssh-ed25519 ${key.toString("base64")} ${script}`;
}

/** What builds, jobs and the events of the deployment tell, as a program of a template might word it. */
async function writeHostileJobs(): Promise<void> {
  const jobId = (addresses["/jobs/$jobId"] ?? "").replace("/jobs/", "");
  // The import's, and that of the build of the workspace whose pages are walked over.
  await sql.query(
    `update jobs
     set status = 'failed', error_code = 'step_failed', error = $2
     where id = $1
       or id in (
         select b.job_id
         from builds b
         join workspaces w on w.latest_build_id = b.id
         where w.name = 'seen')`,
    [jobId, longText("qjeq", defaultLength)],
  );
  const lines = [`\u001b]0;title\u0007\u001b[31mqjlq ${image}${turned}`, longText("qjmq", defaultLength)];
  await sql.query(
    `insert into job_logs (job_id, at, level, stage, line)
     select $1, now(), 'info', 'apply', l from unnest($2::text[]) as l`,
    [jobId, lines],
  );
  const detail = {
    workspaceId: jobId,
    workspace: shortText("qntq"),
    template: shortText("t"),
    transition: "start",
    number: 1,
    jobId,
    code: "step_failed",
    error: longText("qneq", defaultLength),
  };
  await sql.query(
    `insert into notifications (at, kind, organization_id, user_id, subject, detail)
     select now(), 'build_failed', m.organization_id, m.user_id, 'x', $1
     from organization_members m join users u on u.id = m.user_id and u.username = 'admin'`,
    [detail],
  );
}

/** What was made of a text on the page, or is not seen of it. */
const faultsOfPage = `(() => {
  const faults = [];
  const made = "img[src=x], script:not([src]), [onerror], a[href^=javascript i], a[href^=data i]";
  for (const one of document.querySelectorAll(made)) faults.push("it made " + one.outerHTML.slice(0, 100));
  const unseen = /[\\u061c\\u200b\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069\\u001b\\u0007]/u;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const texts = node.nodeType === 3 ? [node.data]
      : ["title", "aria-label", "alt", "placeholder"].map((name) => node.getAttribute(name) ?? "");
    for (const text of texts) if (unseen.test(text)) faults.push("it shows " + JSON.stringify(text.slice(0, 60)));
  }
  if (unseen.test(document.title)) faults.push("its title is " + JSON.stringify(document.title));
  const { scrollWidth } = document.documentElement;
  if (scrollWidth > innerWidth) {
    const widest = [...document.querySelectorAll("body *")].filter((one) => one.getBoundingClientRect().right >= scrollWidth - 1);
    const named = widest.slice(-3).map((one) => one.tagName + "." + String(one.className) + " " + one.textContent.slice(0, 30));
    faults.push("it is " + scrollWidth + " px wide on a screen of " + innerWidth + ": " + named.join(" > "));
  }
  return faults;
})()`;

const textOf = async (page: Page): Promise<string> => (await page.evaluate("document.body.textContent")) as string;

/** Those that need no session or show nothing of anybody. */
const notWalked = new Set(["/sign-in", "/first-run", "/design"]);
/** What is behind a query of an address, and not behind a link. */
const further = [
  "/new",
  "/templates/old",
  "/@admin/seen/logs?log=agents",
  "/templates/node/versions/2?against=1",
  "/workspaces?q=no",
];

test(
  "text of people and programs is text on every page: nothing is made of it, and all of it is seen",
  limit,
  async () => {
    const { page, context, expectComplaint } = await openWatched(scene.browser, {
      width: 360,
      height: 740,
      isTraced: false,
    });
    // Nobody has a key or dotfiles yet.
    expectComplaint(/status of 404 .*\/api\/v1\/(keys|dotfiles)/);
    const dialogs: string[] = [];
    page.on("dialog", (dialog) => {
      dialogs.push(dialog.message());
      void dialog.dismiss();
    });
    await signInByRequest(scene.url, context);
    const walked = Object.entries(addresses).filter(([path]) => !notWalked.has(path));
    const asked = new Set([...walked.map(([, address]) => address), ...further]);
    const faults: string[] = [];
    let all = "";
    for (const address of asked) {
      await page.goto(`${scene.url}${address}`);
      await pageIsShown(page);
      for (const tab of await tabsOf(page)) asked.add(tab);
      faults.push(...((await page.evaluate(faultsOfPage)) as string[]).map((fault) => `${address}: ${fault}`));
      all += await textOf(page);
    }
    // What is behind a click is a text as well.
    await page.goto(`${scene.url}/workspaces`);
    await page.getByRole("button", { name: "Views" }).click();
    await page.getByRole("menuitem", { name: "qsvq<img src=x onerror=" }).waitFor();
    faults.push(...((await page.evaluate(faultsOfPage)) as string[]).map((fault) => `the views: ${fault}`));
    expect(faults).toEqual([]);
    expect(dialogs).toEqual([]);
    const missing = marks.filter((mark) => !new RegExp(`${mark} ?<img src=x onerror=`).test(all));
    expect(missing, "texts that no page shows").toEqual([]);
    expect(all).toContain(seenTurned);
  },
);
