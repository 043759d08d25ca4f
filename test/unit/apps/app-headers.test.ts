import { describe, expect, test } from "vitest";
import { isOurBearer, toApp, toBrowser, withoutOwnCookies } from "../../../src/http/apps/app-headers.ts";

const passing = {
  app: { host: "preserve", at: { kind: "tcp", port: 3000, isTls: false } },
  publicHost: "web-0123456789ab.apps.example.com",
  publicProtocol: "https:",
  clientAddress: "192.0.2.1",
  visitor: null,
  body: "none",
  isUpgrade: false,
} as const;
const local = { ...passing, app: { host: "localhost", at: { kind: "tcp", port: 3000, isTls: false } } } as const;

function valueOf(lines: readonly string[], name: string): string | undefined {
  const at = lines.findIndex((line, index) => index % 2 === 0 && line.toLowerCase() === name);
  return at < 0 ? undefined : lines[at + 1];
}

describe("a request", () => {
  test.each([
    ["connection", "close, x-own"],
    ["x-own", "1"],
    ["keep-alive", "timeout=5"],
    ["te", "trailers"],
    ["upgrade", "h2c"],
    ["proxy-authorization", "Basic a"],
    ["expect", "100-continue"],
    ["x-forwarded-user", "root"],
    ["forwarded", "for=1"],
    ["x-prewarm-user", "root"],
    ["x_prewarm_user", "root"],
    ["x-prewarm_user", "root"],
    ["x_forwarded_for", "192.0.2.9"],
    ["content-length", "5"],
    ["authorization", "Bearer pw_api_secret"],
    ["authorization", "bearer  pw_session_secret"],
    ["cookie", "prewarm_session=a; __Host-prewarm_app=b; prewarm_app_nonce=c"],
  ])("loses %s: %s", (name, value) => {
    const lines = toApp(["Connection", "x-own", name, value], passing);
    expect(valueOf(lines, name)).toBeUndefined();
  });

  test.each([
    ["authorization", "Basic dXNlcg=="],
    ["authorization", "Bearer token-of-the-app"],
    ["cookie", "theirs=1; other=2"],
    ["origin", "https://elsewhere.example"],
    ["accept", "text/html"],
  ])("keeps %s: %s", (name, value) => {
    expect(valueOf(toApp([name, value], local), name)).toBe(value);
  });

  test("to an app on localhost looks as if it came from there, and only what is its own is changed", () => {
    const own = "https://web-0123456789ab.apps.example.com";
    const lines = toApp(["Host", "x", "Origin", own, "Referer", `${own}/a?b`], local);
    expect(lines.slice(0, 6)).toEqual([
      "Host",
      "localhost:3000",
      "Origin",
      "http://localhost:3000",
      "Referer",
      "http://localhost:3000/a?b",
    ]);
    expect([valueOf(lines, "x-forwarded-host"), valueOf(lines, "x-forwarded-proto")]).toEqual([undefined, "https"]);
    const longer = `${own}.evil.example/`;
    expect(valueOf(toApp(["Referer", longer], local), "referer")).toBe(longer);
  });

  test("keeps lines of one name apart, and the case of their names", () => {
    const lines = toApp(["X-A", "1", "x-a", "2"], passing);
    expect(lines.slice(2, 6)).toEqual(["X-A", "1", "x-a", "2"]);
  });

  test("has the length that it was found to have, whatever its own lines say of it", () => {
    const lines = toApp(["Connection", "content-length", "Content-Length", "7"], { ...passing, body: { bytes: "7" } });
    expect(valueOf(lines, "content-length")).toBe("7");
  });

  test("that becomes a WebSocket still says so", () => {
    const lines = toApp(["Connection", "keep-alive, Upgrade", "Upgrade", "websocket"], { ...passing, isUpgrade: true });
    expect([valueOf(lines, "connection"), valueOf(lines, "upgrade")]).toEqual(["Upgrade", "websocket"]);
  });
});

describe("an answer's cookie", () => {
  test.each([
    ["a=1; Path=/", "a=1; Path=/"],
    ["a=1; Domain=web-0123456789ab.apps.example.com", "a=1"],
    ["a=1; domain=.WEB-0123456789ab.apps.example.com; Path=/", "a=1; Path=/"],
    ["a=1; Domain=apps.example.com", undefined],
    ["a=1; Domain = .example.com", undefined],
    ["a=1; DOMAIN=com", undefined],
    ["prewarm_session=1", undefined],
    [" __Host-prewarm_app=1; Path=/", undefined],
  ])("%s comes out as %s", (line, expected) => {
    expect(valueOf(toBrowser(["Set-Cookie", line], passing), "set-cookie")).toBe(expected);
  });

  test("of an app on localhost becomes its host's own", () => {
    expect(toBrowser(["Set-Cookie", "a=1; Domain=localhost; Secure"], local)).toEqual(["Set-Cookie", "a=1; Secure"]);
  });
});

describe("where an app sends the browser", () => {
  const outside = "https://web-0123456789ab.apps.example.com";
  test.each([
    ["http://localhost:3000/a?b#c", `${outside}/a?b#c`],
    ["http://127.0.0.1:3000", outside],
    ["http://[::1]:3000/", `${outside}/`],
    ["http://localhost:3001/", "http://localhost:3001/"],
    ["http://localhost/", "http://localhost/"],
    ["http://localhost:3000.evil.example/", "http://localhost:3000.evil.example/"],
    ["https://elsewhere.example/", "https://elsewhere.example/"],
    ["/relative", "/relative"],
  ])("from %s to %s", (location, expected) => {
    expect(toBrowser(["Location", location], local)).toEqual(["Location", expected]);
  });

  test("an app that knows its own address is believed", () => {
    expect(toBrowser(["Location", "http://localhost:3000/"], passing)).toEqual(["Location", "http://localhost:3000/"]);
  });
});

test("only tokens of ours are taken for ours", () => {
  expect(isOurBearer("Bearer pw_api_x")).toBe(true);
  expect(isOurBearer("Bearer pw_agent_x")).toBe(false);
  expect(isOurBearer("Bearer eyJ")).toBe(false);
  expect(isOurBearer("Basic pw_api_x")).toBe(false);
});

test("cookies of ours are taken out, and nothing else is changed", () => {
  expect(withoutOwnCookies("a=1; prewarm_app=2;b=x=y; prewarm_apps=3")).toBe("a=1; b=x=y; prewarm_apps=3");
});
