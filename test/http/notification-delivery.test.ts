// What is in the outbox gets out: to a real SMTP server and a real HTTP receiver of this process.
import { beforeAll, afterAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { retryDeliveries, seeDeliveries } from "../../src/app/notifications/deliveries.ts";
import { setPreference } from "../../src/app/notifications/notification-preferences.ts";
import { createWebhook, deleteWebhook, testWebhook } from "../../src/app/notifications/webhooks.ts";
import { createMailTransport, type MailTransport } from "../../src/controllers/notifications/mail-transport.ts";
import { createWebhookTransport, type Resolve } from "../../src/controllers/notifications/webhook-transport.ts";
import { deliveryAttemptsMax } from "../../src/domain/notifications/delivery-retry.ts";
import { codeOf } from "../support/claims.ts";
import { type Fixture, type FixtureOptions, testFixture } from "../support/fixture.ts";
import { type MailServer, startMailServer } from "../support/mail-server.ts";
import { createMetrics } from "../../src/platform/metrics/metrics.ts";
import { seriesOf } from "../support/metrics.ts";
import { deliver, mailBy, outbox, tell, withMail } from "../support/notifications.ts";
import { isSignatureRight, startWebhookReceiver, type WebhookReceiver } from "../support/webhook-receiver.ts";
import { pruneAll } from "../support/retention.ts";

let mailServer: MailServer;
let receiver: WebhookReceiver;
let mail: MailTransport;

beforeAll(async () => {
  mailServer = await startMailServer();
  receiver = await startWebhookReceiver();
  mail = mailBy(mailServer);
});

afterAll(async () => {
  mail.close();
  await mailServer.close();
  await receiver.close();
});

beforeEach(() => {
  mailServer.mails.length = 0;
  receiver.received.length = 0;
  mailServer.failNext(0);
  receiver.answer(200);
});

const lost = {
  kind: "daemon_lost",
  detail: { daemon: "rack-2", seenAt: "2030-01-01T00:00:00.000Z", running: 3 },
} as const;
const failedBuild = (fx: Fixture, workspace: string) =>
  ({
    kind: "build_failed",
    ownerId: fx.alice.userId,
    detail: {
      workspaceId: "w",
      workspace,
      template: "web",
      transition: "start",
      number: 1,
      jobId: "j",
      code: "build_failed",
      error: "<b>exit 1</b> & more",
    },
  }) as const;

async function mailing(options: FixtureOptions = {}): Promise<Fixture> {
  const fx = await testFixture(options);
  await withMail(fx);
  return fx;
}

/** A fixture that may post to this machine, with one webhook. */
async function hooking(): Promise<{ readonly fx: Fixture; readonly secret: string }> {
  const fx = await testFixture();
  const context = { ...fx.context, options: { ...fx.context.options, isPrivateWebhookAllowed: true } };
  const { secret } = await createWebhook(context, fx.admin, { name: "chat", url: receiver.url });
  return { fx, secret };
}

describe("a mail", () => {
  it("goes out once, encrypted and signed in, in plain and HTML, with the delivery's id as its own", async () => {
    const fx = await mailing();
    await tell(fx, lost);
    expect(await deliver(fx, { mail })).toMatchObject({ delivered: 1 });
    expect(await deliver(fx, { mail })).toMatchObject({ delivered: 0 });
    const [row] = await outbox(fx);
    expect(mailServer.mails).toMatchObject([
      {
        to: ["admin@example.org"],
        isEncrypted: true,
        user: "prewarm",
        messageId: `${row?.id}@example.org`,
        subject: "The provisioner daemon rack-2 is lost",
      },
    ]);
    const text = mailServer.mails[0]?.text ?? "";
    expect(text).toMatch(/content-type: text\/plain/i);
    expect(text).toMatch(/content-type: text\/html/i);
    expect(text).toContain("https://prewarm.example.org");
    expect(text).toContain("jobs it had: 3");
    expect(row).toMatchObject({ status: "delivered", attempts: 1, last_error: null });
  });

  it("that is refused is tried again with longer waits, under the same id", async () => {
    const fx = await mailing();
    await tell(fx, lost);
    mailServer.failNext(3);
    for (const waitMs of [15_000, 30_000, 60_000]) {
      expect(await deliver(fx, { mail })).toMatchObject({ retry: 1 });
      fx.clock.advance(waitMs - 1);
      expect(await deliver(fx, { mail }), "too early").toMatchObject({ retry: 0, delivered: 0 });
      fx.clock.advance(1);
    }
    expect(await outbox(fx)).toMatchObject([{ last_error: expect.stringContaining("451") as string, attempts: 3 }]);
    const metrics = createMetrics({ namespace: "prewarm" });
    expect(await deliver(fx, { mail, metrics })).toMatchObject({ delivered: 1 });
    expect(mailServer.mails).toHaveLength(1);
    const counts = await seriesOf(metrics);
    expect(counts.get('prewarm_notification_deliveries_total{channel="email",outcome="delivered"}')).toBe(1);
    expect(counts.get('prewarm_notification_deliveries_total{channel="email",outcome="dead"}')).toBe(0);
  });

  it("that fails at each attempt becomes a dead letter, which is seen, and tried again under its id", async () => {
    const fx = await mailing();
    await tell(fx, lost);
    mailServer.failNext(Number.POSITIVE_INFINITY);
    for (let nth = 1; nth < deliveryAttemptsMax; nth += 1) {
      expect(await deliver(fx, { mail })).toMatchObject({ retry: 1 });
      fx.clock.advance(2 * 3_600_000);
    }
    expect(await deliver(fx, { mail })).toMatchObject({ dead: 1 });
    fx.clock.advance(30 * 86_400_000);
    expect(await deliver(fx, { mail })).toMatchObject({ dead: 0, retry: 0, delivered: 0 });
    const { deliveries } = await seeDeliveries(fx.context, fx.admin, {});
    expect(deliveries).toMatchObject([{ target: "admin", attempts: deliveryAttemptsMax, status: "dead" }]);
    expect(await codeOf(seeDeliveries(fx.context, fx.alice, {}))).toBe("forbidden");
    expect(await codeOf(retryDeliveries(fx.context, fx.alice, {}))).toBe("forbidden");
    mailServer.failNext(0);
    expect(await retryDeliveries(fx.context, fx.admin, {})).toEqual({ retried: 1 });
    expect(await deliver(fx, { mail })).toMatchObject({ delivered: 1 });
    expect(mailServer.mails[0]?.messageId).toBe(`${deliveries[0]?.id}@example.org`);
  });

  it("whose server dies between sending and writing the result is sent again, with the same id", async () => {
    const fx = await mailing();
    await tell(fx, lost);
    const dying: MailTransport = {
      ...mail,
      send: async (outgoing) => {
        await mail.send(outgoing);
        await fx.rows("update notification_deliveries set lease = gen_random_uuid()");
      },
    };
    expect(await deliver(fx, { mail: dying }), "its result counts for nothing").toMatchObject({ delivered: 0 });
    expect(await deliver(fx, { mail })).toMatchObject({ delivered: 0 });
    fx.clock.advance(120_000);
    expect(await deliver(fx, { mail })).toMatchObject({ delivered: 1 });
    const [first, second] = mailServer.mails;
    expect(first?.messageId).toBe(second?.messageId);
    expect(mailServer.mails).toHaveLength(2);
  });

  it("is delivered once by two servers that are at it at the same time", async () => {
    const fx = await mailing();
    const other = fx.addServer();
    for (let nth = 0; nth < 20; nth += 1) await tell(fx, { ...lost, detail: { ...lost.detail, daemon: `d-${nth}` } });
    const [one, two] = await Promise.all([deliver(fx, { mail }), deliver(other, { mail })]);
    expect(Number(one["delivered"]) + Number(two["delivered"])).toBe(20);
    expect(new Set(mailServer.mails.map(({ messageId }) => messageId)).size).toBe(20);
    expect(mailServer.mails).toHaveLength(20);
  });

  it("is never sent in the clear when the server offers no STARTTLS", async () => {
    const plain = await startMailServer({ tls: "none", isLoginNeeded: false });
    onTestFinished(() => plain.close());
    const fx = await mailing();
    await tell(fx, lost);
    expect(await deliver(fx, { mail: mailBy(plain) })).toMatchObject({ retry: 1 });
    expect(plain.mails).toEqual([]);
    const options = {
      host: "127.0.0.1",
      port: plain.port,
      tls: "none",
      login: null,
      from: "a@b.example",
      ca: null,
    } as const;
    fx.clock.advance(15_000);
    expect(await deliver(fx, { mail: createMailTransport(options) })).toMatchObject({ delivered: 1 });
  });

  it("is never sent to a server whose certificate nobody vouches for", async () => {
    const fx = await mailing();
    await tell(fx, lost);
    expect(await deliver(fx, { mail: mailBy(mailServer, null) })).toMatchObject({ retry: 1 });
    expect((await outbox(fx))[0]?.last_error).toMatch(/certificate/i);
    expect(mailServer.mails).toEqual([]);
  });

  it("escapes what templates and errors say, and has one subject line whatever names hold", async () => {
    const fx = await mailing();
    await setPreference(fx.context, fx.alice, { kind: "build_failed", email: "on" });
    await tell(fx, failedBuild(fx, "a\r\nBcc: eve@example.org"));
    expect(await deliver(fx, { mail })).toMatchObject({ delivered: 1 });
    const [received] = mailServer.mails;
    expect(received?.to).toEqual(["alice@example.org"]);
    expect(received?.text).toContain("&lt;b&gt;exit 1&lt;/b&gt; &amp; more");
    expect(received?.subject).toContain("a Bcc: eve@example.org");
  });

  it("to somebody who has left is dropped", async () => {
    const fx = await mailing();
    await tell(fx, lost);
    await fx.rows("update users set email = null where username = 'admin'");
    expect(await deliver(fx, { mail })).toMatchObject({ dropped: 1 });
    expect(mailServer.mails).toEqual([]);
  });
});

describe("preferences", () => {
  it("decide about the mail when the change is made; the inbox has it in any case", async () => {
    const fx = await mailing();
    await setPreference(fx.context, fx.admin, { kind: "daemon_lost", email: "off" });
    await tell(fx, lost);
    await setPreference(fx.context, fx.admin, { kind: "daemon_lost", email: null });
    expect(await outbox(fx)).toEqual([]);
    await tell(fx, lost);
    expect(await outbox(fx)).toHaveLength(1);
    expect(await fx.number("select count(*) from notifications")).toBe(2);
  });

  it("make no mail without a mail server, or without an address", async () => {
    const fx = await testFixture();
    await fx.rows("update users set email = 'admin@example.org' where username = 'admin'");
    await tell(fx, lost);
    expect(await outbox(fx)).toEqual([]);
    await withMail(fx);
    await fx.rows("update users set email = null");
    await tell(fx, lost);
    expect(await outbox(fx)).toEqual([]);
  });

  it("collect a digest into one mail an interval, sent after its end, and the same at each attempt", async () => {
    const fx = await mailing();
    await tell(fx, failedBuild(fx, "one"));
    fx.clock.advance(1_800_000);
    await tell(fx, failedBuild(fx, "two"));
    expect(await outbox(fx)).toMatchObject([{ channel: "digest", due_at: new Date("2030-01-01T01:01:00.000Z") }]);
    expect(await deliver(fx, { mail })).toMatchObject({ delivered: 0 });
    fx.clock.advance(1_800_000);
    await tell(fx, failedBuild(fx, "three"));
    fx.clock.advance(60_000);
    mailServer.failNext(1);
    expect(await deliver(fx, { mail })).toMatchObject({ retry: 1 });
    fx.clock.advance(15_000);
    expect(await deliver(fx, { mail })).toMatchObject({ delivered: 1 });
    const [digest] = mailServer.mails;
    expect(digest?.subject).toContain("2 notifications");
    expect(digest?.text).toContain("workspace one");
    expect(digest?.text).toContain("workspace two");
    expect(digest?.text).not.toContain("workspace three");
    fx.clock.advance(3_600_000);
    expect(await deliver(fx, { mail })).toMatchObject({ delivered: 1 });
    expect(mailServer.mails[1]?.subject).toBe("The start of your workspace three failed");
  });
});

describe("a webhook", () => {
  it("is posted once a change, however many people are told, with a signature that can be checked", async () => {
    const { fx, secret } = await hooking();
    await fx.rows("update users set role = 'administrator'");
    await tell(fx, lost);
    expect(await deliver(fx)).toMatchObject({ delivered: 1 });
    const [webhook] = receiver.received;
    if (webhook === undefined) throw new Error("nothing was posted");
    expect(isSignatureRight(webhook, secret)).toBe(true);
    expect(isSignatureRight({ ...webhook, body: `${webhook.body} ` }, secret)).toBe(false);
    expect(webhook.headers["webhook-timestamp"]).toBe(String(fx.clock.now().getTime() / 1_000));
    expect(JSON.parse(webhook.body)).toMatchObject({
      id: webhook.headers["webhook-id"],
      kind: "daemon_lost",
      subject: "The provisioner daemon rack-2 is lost",
      detail: lost.detail,
      url: "https://prewarm.example.org",
    });
    expect(
      await fx.rows("select 1 from notification_webhooks where encode(sealed, 'escape') like $1", [`%${secret}%`]),
    ).toEqual([]);
  });

  it("that fails or redirects is tried again under its id, and a redirect is not followed", async () => {
    const { fx } = await hooking();
    await tell(fx, lost);
    receiver.answer(500);
    expect(await deliver(fx)).toMatchObject({ retry: 1 });
    receiver.answer(302, { location: receiver.url });
    fx.clock.advance(15_000);
    expect(await deliver(fx)).toMatchObject({ retry: 1 });
    expect((await outbox(fx))[0]?.last_error).toContain("a redirect, which is not followed");
    receiver.answer(204);
    fx.clock.advance(30_000);
    expect(await deliver(fx)).toMatchObject({ delivered: 1 });
    expect(receiver.received).toHaveLength(3);
    expect(new Set(receiver.received.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
  });

  it("that does not answer is given up after its time limit", async () => {
    const { fx } = await hooking();
    await tell(fx, lost);
    receiver.answer(0);
    const webhooks = createWebhookTransport({ isPrivateAllowed: true, timeoutMs: 50 });
    expect(await deliver(fx, { webhooks })).toMatchObject({ retry: 1 });
    expect((await outbox(fx))[0]?.last_error).toContain("did not answer within");
  });

  it("to a private address is refused, when it is added and when it is sent", async () => {
    const { fx } = await hooking();
    for (const url of [
      "http://127.0.0.1/",
      "http://localhost/",
      "http://[::1]/",
      "http://[::ffff:10.0.0.1]/",
      "http://169.254.169.254/",
      "http://0x7f.1/",
    ]) {
      expect(await codeOf(createWebhook(fx.context, fx.admin, { name: "bad", url })), url).toBe("invalid_request");
    }
    for (const url of ["ftp://example.org/", "https://user:word@example.org/", "no url"]) {
      expect(await codeOf(createWebhook(fx.context, fx.admin, { name: "bad", url })), url).toBe("invalid_request");
    }
    await tell(fx, lost);
    expect(await deliver(fx, { webhooks: createWebhookTransport({ isPrivateAllowed: false }) })).toMatchObject({
      retry: 1,
    });
    expect((await outbox(fx))[0]?.last_error).toContain("127.0.0.1 is private or reserved");
    expect(receiver.received).toEqual([]);
  });

  it("whose name answers a private address at the connection is refused, whatever it answered before", async () => {
    const fx = await testFixture();
    const url = `http://rebind.example.org:${receiver.port}/hook`;
    await createWebhook(fx.context, fx.admin, { name: "chat", url });
    await tell(fx, lost);
    let asked = 0;
    const resolve: Resolve = (_hostname, done) => {
      asked += 1;
      const address = { address: "127.0.0.1", family: 4 };
      done(null, asked % 2 === 1 ? [{ address: "8.8.8.8", family: 4 }, address] : [address]);
    };
    const webhooks = createWebhookTransport({ isPrivateAllowed: false, resolve });
    expect(await deliver(fx, { webhooks })).toMatchObject({ retry: 1 });
    fx.clock.advance(15_000);
    expect(await deliver(fx, { webhooks })).toMatchObject({ retry: 1 });
    expect(asked).toBe(2);
    expect(receiver.received).toEqual([]);
    // It would have arrived: the same names and addresses, with the guard switched off.
    fx.clock.advance(30_000);
    const open = createWebhookTransport({
      isPrivateAllowed: true,
      resolve: (_hostname, done) => done(null, [{ address: "127.0.0.1", family: 4 }]),
    });
    expect(await deliver(fx, { webhooks: open })).toMatchObject({ delivered: 1 });
  });

  it("gets the kinds that it asked for, and a test on demand; once removed it gets nothing", async () => {
    const { fx } = await hooking();
    const context = { ...fx.context, options: { ...fx.context.options, isPrivateWebhookAllowed: true } };
    const input = { name: "few", url: receiver.url, kinds: ["pool_recovered"] } as const;
    await createWebhook(context, fx.admin, input);
    expect(await codeOf(createWebhook(context, fx.admin, input))).toBe("name_taken");
    expect(await codeOf(createWebhook(context, fx.alice, { ...input, name: "mine" }))).toBe("forbidden");
    await tell(fx, lost);
    expect(await deliver(fx)).toMatchObject({ delivered: 1 });
    await testWebhook(fx.context, fx.admin, "few");
    expect(await deliver(fx)).toMatchObject({ delivered: 1 });
    expect(JSON.parse(receiver.received[1]?.body ?? "")).toMatchObject({ kind: "test" });
    await tell(fx, lost);
    await deleteWebhook(fx.context, fx.admin, "chat");
    await tell(fx, lost);
    expect(await deliver(fx)).toMatchObject({ delivered: 0 });
    expect(await codeOf(testWebhook(fx.context, fx.admin, "chat"))).toBe("not_found");
  });
});

it("what was delivered is forgotten after two weeks, dead letters and inboxes after half a year", async () => {
  const fx = await mailing();
  const left = async (): Promise<number[]> => {
    await pruneAll(fx);
    const count = (table: string): Promise<number> => fx.number(`select count(*) from ${table}`);
    return [await count("notification_deliveries"), await count("notifications"), await count("notification_events")];
  };
  await tell(fx, lost);
  await tell(fx, lost);
  await fx.rows(
    `update notification_deliveries set status = 'dead', ended_at = created_at
    where id = (select id from notification_deliveries limit 1)`,
  );
  expect(await deliver(fx, { mail })).toMatchObject({ delivered: 1 });
  fx.clock.advance(14 * 86_400_000);
  expect(await left()).toEqual([2, 2, 2]);
  fx.clock.advance(1);
  expect(await left()).toEqual([1, 2, 2]);
  fx.clock.advance(166 * 86_400_000);
  expect(await left()).toEqual([0, 0, 0]);
});
