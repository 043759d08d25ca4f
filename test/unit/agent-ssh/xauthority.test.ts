import { expect, test } from "vitest";
import {
  familyLocal,
  parseXauthority,
  renderXauthority,
  withEntry,
  withoutEntry,
  type XauthEntry,
} from "../../../src/agent/ssh/xauthority.ts";

const entry = (display: string, cookie: string, address = "host"): XauthEntry => ({
  family: familyLocal,
  address: Buffer.from(address),
  display: Buffer.from(display),
  protocol: Buffer.from("MIT-MAGIC-COOKIE-1"),
  cookie: Buffer.from(cookie, "hex"),
});

test("an entry is written as the X libraries have it", () => {
  const hex = "0100" + "0004686f7374" + "00023130" + "00124d49542d4d414749432d434f4f4b49452d31" + "0002beef";
  expect(renderXauthority([entry("10", "beef")]).toString("hex")).toBe(hex);
});

test("what was written is read again, and what is behind a broken entry is left out", () => {
  const entries = [entry("10", "beef"), entry("11", "")];
  const bytes = renderXauthority(entries);
  expect(parseXauthority(bytes)).toEqual(entries);
  expect(parseXauthority(bytes.subarray(0, -1))).toEqual(entries.slice(0, 1));
  for (let length = 0; length < bytes.length; length += 1) {
    expect(parseXauthority(bytes.subarray(0, length)).length).toBeLessThan(2);
  }
});

test("a display has one cookie, and keeps the one that somebody else has written meanwhile", () => {
  const others = [entry("10", "aa", "elsewhere"), entry("12", "bb")];
  const mine = entry("10", "beef");
  const stale = [entry("10", "01"), ...others, entry("10", "02")];
  expect(withEntry(stale, mine)).toEqual([...others, mine]);
  expect(withoutEntry([...others, mine], mine)).toEqual(others);
  const replaced = [...others, entry("10", "03")];
  expect(withoutEntry(replaced, mine)).toEqual(replaced);
});
