// Notifications through API and command line, on a whole server whose own controllers deliver them.
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import type { Client } from "../../src/client/client.ts";
import { notify } from "../../src/db/notifications/notify.ts";
import { cliBench } from "../support/cli-run.ts";
import { type MailServer, mailLogin, startMailServer } from "../support/mail-server.ts";
import { startTestServer, type TestServer } from "../support/test-server.ts";
import { waitUntil } from "../support/wait-until.ts";
import { isSignatureRight, startWebhookReceiver, type WebhookReceiver } from "../support/webhook-receiver.ts";

let server: TestServer;
let mailServer: MailServer;
let receiver: WebhookReceiver;

beforeAll(async () => {
  mailServer = await startMailServer({ tls: "none" });
  receiver = await startWebhookReceiver();
  server = await startTestServer({
    smtpHost: "127.0.0.1",
    smtpPort: mailServer.port,
    smtpTls: "none",
    smtpUsername: mailLogin.username,
    smtpPassword: mailLogin.password,
    webhookAllowPrivate: true,
  });
});

afterAll(async () => {
  await server.stop();
  await mailServer.close();
  await receiver.close();
});

function cli(client: Client) {
  const bench = cliBench({ env: { PREWARM_URL: server.url, PREWARM_TOKEN: client.token ?? "" } });
  onTestFinished(bench.dispose);
  return bench;
}

async function tellBack(daemon: string): Promise<void> {
  const { store, context } = server.server;
  await store.transaction("test tell", async (tx) =>
    notify(tx, {
      kind: "daemon_back",
      detail: { daemon, lostAt: "2030-01-01T00:00:00.000Z" },
      organizationId: null,
      now: context.clock.now(),
    }),
  );
}

test("the inbox lists, filters, pages, shows and marks, and belongs to one person", async () => {
  const bench = cli(server.admin);
  expect((await bench.run("notifications", "read", "--all")).exitCode).toBe(0);
  for (const name of ["one", "two", "three"]) await tellBack(name);
  const listed = await bench.run("notifications", "list", "--unread", "--limit", "2");
  expect(listed.stdout).toMatch(/daemon three is back\n.*daemon two is back/);
  expect(listed.stdout).not.toContain("daemon one");
  expect(listed.stderr).toContain("3 unread.");
  expect((await bench.run("whoami")).stdout).toMatch(/notifications +3 unread/);
  const { notifications } = await server.admin.call("listNotifications", { query: { unread: true } });
  const id = notifications.at(-1)?.id ?? 0;
  const shown = await bench.run("notifications", "read", String(id));
  expect(shown.stdout).toContain("The provisioner daemon one answers again");
  expect((await bench.run("notifications", "list", "--unread", "--json")).stdout).toContain(`"unread": 2`);
  expect((await bench.run("notifications", "list", "--kind", "build_failed")).stdout).toContain("No notifications.");
  expect((await bench.run("notifications", "list", "--kind", "nothing")).exitCode).toBe(2);
  expect((await bench.run("notifications", "read")).exitCode).toBe(2);
  expect((await bench.run("notifications", "read", "--all")).stdout).toContain("2 marked as read.");
  const bob = await server.member("bob");
  expect(await bob.call("listNotifications", { query: {} })).toMatchObject({ total: 0, unread: 0 });
  expect(await bob.call("readNotifications", { body: { ids: [id] } })).toMatchObject({ marked: 0 });
  expect((await cli(bob).run("notifications", "read", String(id))).exitCode).toBe(1);
});

test("the event stream tells the unread count at once and at each change", async () => {
  const ending = new AbortController();
  const stream = server.admin.watch("watchNotifications", { signal: ending.signal });
  onTestFinished(() => ending.abort());
  const next = async (): Promise<{ unread: number; newest: number | null }> => {
    const { value } = (await stream.next()) as { value: { data: { unread: number; newest: number | null } } };
    return value.data;
  };
  const first = await next();
  await tellBack("four");
  const second = await next();
  expect(second.unread).toBe(first.unread + 1);
  await server.admin.call("readNotifications", { body: { upTo: second.newest ?? 0 } });
  expect(await next()).toEqual({ unread: 0, newest: second.newest });
});

test("preferences show and change the mails, and a change of state reaches the mailbox by itself", async () => {
  const { admin } = server;
  const password = "password of carol";
  await admin.call("createUser", {
    body: { username: "carol", password, email: "carol@example.org", role: "administrator" },
  });
  const carol = server.client((await server.client().call("login", { body: { username: "carol", password } })).secret);
  const bench = cli(carol);
  const listed = await bench.run("notifications", "preferences", "list");
  expect(listed.stdout).toMatch(/daemon_back +on \(default\)/);
  expect(listed.stdout).toMatch(/build_failed +digest \(default\)/);
  expect(listed.stdout).toContain("Mails go to carol@example.org.");
  await tellBack("five");
  await waitUntil("the mail is there", () => Promise.resolve(mailServer.mails.length === 1));
  expect(mailServer.mails).toMatchObject([{ to: ["carol@example.org"], user: mailLogin.username }]);
  expect((await bench.run("notifications", "preferences", "set", "daemon_back", "off")).stdout).toMatch(
    /daemon_back +off\s/,
  );
  expect((await bench.run("notifications", "preferences", "set", "daemon_back", "loud")).exitCode).toBe(2);
  await tellBack("six");
  expect((await bench.run("notifications", "preferences", "set", "daemon_back", "default")).exitCode).toBe(0);
  await tellBack("seven");
  await waitUntil("the second mail is there", () => Promise.resolve(mailServer.mails.length >= 2));
  expect(mailServer.mails.map(({ subject }) => subject)).toEqual([
    "The provisioner daemon five is back",
    "The provisioner daemon seven is back",
  ]);
});

test("an administrator adds, tries and removes a webhook; its secret is shown once, its dead letters are found", async () => {
  const bench = cli(server.admin);
  const url = `${receiver.url}?token=hidden`;
  const added = await bench.run("notifications", "webhooks", "add", "chat", url, "--kind", "daemon_lost");
  expect(added.exitCode).toBe(0);
  const secret = added.stdout.trim();
  expect((await bench.run("notifications", "webhooks", "test", "chat")).exitCode).toBe(0);
  await waitUntil("the test is there", () => Promise.resolve(receiver.received.length === 1));
  const [webhook] = receiver.received;
  expect(webhook !== undefined && isSignatureRight(webhook, secret)).toBe(true);
  const listed = await bench.run("notifications", "webhooks", "list", "--json");
  expect(listed.stdout).toContain(`${receiver.url}?…`);
  expect(listed.stdout).not.toContain("hidden");
  expect(listed.stdout).not.toContain(secret);
  await waitUntil("its result is written", async () =>
    (await bench.run("notifications", "dead", "--status", "delivered", "--channel", "webhook")).stdout.includes("chat"),
  );
  await server.server.context.db.transaction("test dead", async (tx) => {
    await tx.query({ name: "test_dead", text: "update notification_deliveries set status = 'dead'" }, []);
  });
  expect((await bench.run("doctor")).stdout).toContain("deliveries of notifications were given up");
  expect((await bench.run("notifications", "dead")).stdout).toContain("chat");
  expect((await bench.run("notifications", "retry", "--all")).stdout).toMatch(/^\d+ are tried again/);
  await waitUntil("the test is there again", () => Promise.resolve(receiver.received.length === 2));
  expect(receiver.received[1]?.headers["webhook-id"]).toBe(webhook?.headers["webhook-id"]);
  expect((await bench.run("notifications", "webhooks", "remove", "chat")).exitCode).toBe(0);
  expect((await bench.run("notifications", "webhooks", "list")).stdout).toContain("No webhooks.");
  expect((await bench.run("notifications", "webhooks", "add", "bad", "file:///etc/passwd")).exitCode).toBe(1);
});
