import type { IncomingMessage } from "node:http";
import { expect, test } from "vitest";
import { mintAppCode, mintAppLink, readAppLink } from "../../../src/app/apps/app-sessions.ts";
import { Signer } from "../../../src/app/signer.ts";
import type { TokenId } from "../../../src/contracts/ids.ts";
import { takeAppLink, withoutLink } from "../../../src/http/apps/app-link.ts";
import { manualClock } from "../../../src/platform/clock.ts";

const start = "2030-01-01T00:00:00.000Z";
const signing = (key = "k") => ({ signer: new Signer([Buffer.alloc(32, key)]), clock: manualClock(start) });
const label = "code-6r3ehapc3j8oep2h3nj2gkk0ub";
const tokenId = "token" as TokenId;
const endsAt = Date.parse(start) + 60_000;

test("what was signed for one app is of use there, until its end, and names whose it is", () => {
  const context = signing();
  const text = mintAppLink(context, { tokenId, label, endsAt });
  expect(readAppLink(context, text, label)).toEqual({ tokenId, label, endsAt });
  expect(readAppLink(context, text, label.replace("code", "3000"))).toBeUndefined();
  context.clock.advance(59_999);
  expect(readAppLink(context, text, label)).toBeDefined();
  context.clock.advance(1);
  expect(readAppLink(context, text, label)).toBeUndefined();
});

test("what another deployment has signed, or this one for something else, is of no use", () => {
  const context = signing();
  expect(readAppLink(context, mintAppLink(signing("x"), { tokenId, label, endsAt }), label)).toBeUndefined();
  const code = mintAppCode(context, { tokenId, host: label, nonceHash: "" });
  for (const text of [code, "", ".", "a.b"]) expect(readAppLink(context, text, label)).toBeUndefined();
});

test.each([
  ["/", "/", null],
  ["/a?b=1", "/a?b=1", null],
  ["/a?prewarm_token=t", "/a", "t"],
  ["/a?b=%20&prewarm_token=t.u&c", "/a?b=%20&c", "t.u"],
  ["/a?prewarm_token=t&prewarm_token=u&b", "/a?b", "t"],
  ["/a?prewarm%5Ftoken=t", "/a", "t"],
  ["/a?prewarm_token", "/a", "prewarm_token"],
  ["/a?x=prewarm_token=t", "/a?x=prewarm_token=t", null],
  ["/a?%zz&prewarm_token=%zz#prewarm_token=u", "/a?%zz#prewarm_token=u", "%zz"],
])("of %s nothing is left but %s", (address, url, token) => {
  expect(withoutLink(address)).toEqual({ url, token });
});

test("it is gone from the request, and from the page that the request comes from", () => {
  const referer = "http://code.apps.localhost/?prewarm_token=t&b=1";
  const request = {
    url: "/x?prewarm_token=t",
    headers: { referer },
    rawHeaders: ["Host", "code.apps.localhost", "Referer", referer],
  } as unknown as IncomingMessage;
  expect(takeAppLink(request)).toBe("t");
  expect(JSON.stringify([request.url, request.headers, request.rawHeaders])).not.toContain("prewarm_token");
});
