import { describe, expect, it } from "vitest";
import { notificationKinds, notificationRegistry } from "../../../src/contracts/notification-kinds.ts";
import { notificationText } from "../../../src/domain/notifications/catalogue.ts";
import { afterFailure, deliveryAttemptsMax } from "../../../src/domain/notifications/delivery-retry.ts";
import { escapeHtml, oneLine, renderDigest, renderMail } from "../../../src/domain/notifications/render.ts";

const around = { accessUrl: "https://prewarm.example.org/?a=1&b=2" };

describe("the catalogue", () => {
  it.each(notificationKinds)("says of %s what happened, why, and what to do next, whatever is stored of it", (kind) => {
    for (const detail of [{}, { replacements: "none", failures: null }, { replacements: [null, { reasons: 3 }] }]) {
      const text = notificationText(kind, detail);
      for (const part of [text.subject, text.what, text.why, text.next]) expect(part).not.toBe("");
      const mail = renderMail(text, around);
      expect(mail.plain).toContain(text.next);
      expect(mail.html).toContain(escapeHtml(text.what));
    }
    expect(notificationRegistry[kind].about).toMatch(/\.$/);
  });

  it("names each replaced resource and the attributes because of which it is replaced", () => {
    const replacements = [{ address: "disk.home", reasons: [{ path: "size" }, { path: "zone" }] }];
    const { plain } = renderMail(notificationText("claim_replaced_resources", { replacements }), around);
    expect(plain).toContain("disk.home: size, zone");
  });
});

describe("a mail", () => {
  it("has nothing in its HTML that a name or an error brought", () => {
    const evil = `"><script>alert('x')</script>&`;
    const detail = { workspace: evil, template: evil, error: evil, code: evil, transition: evil };
    const { html } = renderMail(notificationText("build_failed", detail), around);
    expect(html).not.toContain("<script");
    expect(html).toContain("&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;");
    expect(html).toContain(`href="https://prewarm.example.org/?a=1&amp;b=2"`);
  });

  it("has nothing that a terminal would obey, in any of its forms", () => {
    const evil = "a\u001b[2Jb\u009b \u202ec";
    const detail = { workspace: evil, template: evil, error: evil, code: evil, transition: evil };
    const { subject, plain, html } = renderMail(notificationText("build_failed", detail), around);
    // oxlint-disable-next-line no-control-regex -- Control characters are what this is about.
    for (const part of [subject, plain, html]) expect(part).not.toMatch(/[\u001b\u0080-\u009f\u202e]/);
    expect(plain).toContain("a\\x1b[2Jb\\x9b \\u202ec");
  });

  it("has a subject of one bounded line", () => {
    expect(oneLine("a\r\nBcc: eve\u2028x\u0000")).toBe("a Bcc: eve x");
    expect(oneLine("x".repeat(500))).toHaveLength(200);
  });

  it("of several names each, and how many more there are", () => {
    const text = notificationText("daemon_back", { daemon: "rack-2", lostAt: "then" });
    const digest = renderDigest([{ at: "now", text }], { ...around, more: 4 });
    expect(digest.subject).toBe("5 notifications: The provisioner daemon rack-2 is back");
    expect(digest.plain).toContain("And 4 more");
    expect(renderDigest([{ at: "now", text }], { ...around, more: 0 }).subject).toBe(text.subject);
  });
});

it("a delivery waits twice as long after each failure up to a limit, less by chance, and is given up in the end", () => {
  const waits = Array.from({ length: deliveryAttemptsMax }, (_, nth) => afterFailure(nth + 1, 0));
  expect(waits.slice(0, 3)).toEqual([15_000, 30_000, 60_000].map((waitMs) => ({ kind: "retry", waitMs })));
  expect(waits.at(-2)).toEqual({ kind: "retry", waitMs: 7_200_000 });
  expect(waits.at(-1)).toEqual({ kind: "dead" });
  expect(afterFailure(1, 0.5)).toEqual({ kind: "retry", waitMs: 13_500 });
});
