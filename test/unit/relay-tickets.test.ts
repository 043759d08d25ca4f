import { expect, test } from "vitest";
import { RelayTickets } from "../../src/app/agents/relay-tickets.ts";
import { stateKeyId } from "../../src/app/provisioner/state-vault.ts";
import type { ServerId, TokenId } from "../../src/contracts/ids.ts";
import { manualClock } from "../../src/platform/clock.ts";

const [oldKey, newKey] = [Buffer.alloc(32, "o"), Buffer.alloc(32, "n")];
const holder = { kind: "person", tokenId: "token" as TokenId } as const;
const ticket = { holder, path: "/api/v1/workspaces/w/exec", serverId: "there" as ServerId };
const start = new Date("2026-11-27T12:00:00Z");

test("a ticket says whose it is, at the path and the server that it is for, for a minute", () => {
  const clock = manualClock(start);
  const tickets = new RelayTickets([oldKey], clock);
  const text = tickets.mint(ticket, null);
  expect(tickets.read(text, ticket)?.holder).toEqual(holder);
  expect(tickets.read(text, { ...ticket, path: "/api/v1/workspaces/v/exec" })).toBeUndefined();
  expect(tickets.read(text, { ...ticket, serverId: "here" as ServerId })).toBeUndefined();
  clock.advance(59_999);
  expect(tickets.read(text, ticket)).toBeDefined();
  clock.advance(1);
  expect(tickets.read(text, ticket)).toBeUndefined();
});

test("a ticket that was changed anywhere, cut, or signed with another key is none", () => {
  const tickets = new RelayTickets([oldKey], manualClock(start));
  const text = tickets.mint(ticket, null);
  for (let at = 0; at < text.length; at += 1) {
    const other = text[at] === "A" ? "B" : "A";
    const changed = `${text.slice(0, at)}${other}${text.slice(at + 1)}`;
    // The last character of a group may hold bits that say nothing.
    const isSame =
      Buffer.from(changed.split(".")[1] ?? "", "base64url").equals(macBytes(text)) && at > text.indexOf(".");
    if (!isSame) expect(tickets.read(changed, ticket)).toBeUndefined();
    expect(tickets.read(text.slice(0, at), ticket)).toBeUndefined();
  }
  expect(new RelayTickets([newKey], manualClock(start)).read(text, ticket)).toBeUndefined();
  for (const none of ["", ".", "..", "null.null", "x".repeat(100_000)])
    expect(tickets.read(none, ticket)).toBeUndefined();
});

test("a ticket from a clock far ahead is none", () => {
  const ahead = new RelayTickets([oldKey], manualClock(new Date(start.getTime() + 61_000)));
  expect(new RelayTickets([oldKey], manualClock(start)).read(ahead.mint(ticket, null), ticket)).toBeUndefined();
});

test("while keys are replaced, a server signs with the one that the other knows", () => {
  const clock = manualClock(start);
  const renewed = new RelayTickets([newKey, oldKey], clock);
  const before = new RelayTickets([oldKey], clock);
  expect(before.read(renewed.mint(ticket, stateKeyId(oldKey)), ticket)).toBeDefined();
  expect(before.read(renewed.mint(ticket, stateKeyId(newKey)), ticket)).toBeUndefined();
  expect(renewed.read(before.mint(ticket, stateKeyId(newKey)), ticket)).toBeDefined();
});

function macBytes(text: string): Buffer {
  return Buffer.from(text.split(".")[1] ?? "", "base64url");
}
