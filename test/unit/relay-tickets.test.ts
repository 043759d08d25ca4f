import { expect, test } from "vitest";
import { mintRelayTicket, type RelayTicket, readRelayTicket } from "../../src/app/agents/relay-tickets.ts";
import { stateKeyId } from "../../src/app/provisioner/state-vault.ts";
import { Signer } from "../../src/app/signer.ts";
import type { ServerId, TokenId } from "../../src/contracts/ids.ts";
import { manualClock } from "../../src/platform/clock.ts";

const [oldKey, newKey] = [Buffer.alloc(32, "o"), Buffer.alloc(32, "n")];
const holder = { kind: "person", tokenId: "token" as TokenId } as const;
const ticket: RelayTicket = { holder, path: "/api/v1/workspaces/w/exec", serverId: "there" as ServerId };
const start = new Date("2026-11-27T12:00:00Z");
const serverWith = (...keys: [Buffer, ...Buffer[]]) => ({ signer: new Signer(keys), clock: manualClock(start) });

test("a ticket says whose it is, at the path and the server that it is for, for a minute", () => {
  const server = serverWith(oldKey);
  const text = mintRelayTicket(server, ticket, null);
  expect(readRelayTicket(server, text, ticket)).toEqual(holder);
  expect(readRelayTicket(server, text, { ...ticket, path: "/api/v1/workspaces/v/exec" })).toBeUndefined();
  expect(readRelayTicket(server, text, { ...ticket, serverId: "here" as ServerId })).toBeUndefined();
  server.clock.advance(59_999);
  expect(readRelayTicket(server, text, ticket)).toBeDefined();
  server.clock.advance(1);
  expect(readRelayTicket(server, text, ticket)).toBeUndefined();
});

test("a ticket that was changed anywhere, cut, or signed with another key is none", () => {
  const server = serverWith(oldKey);
  const text = mintRelayTicket(server, ticket, null);
  const macOf = (whole: string): Buffer => Buffer.from(whole.split(".")[1] ?? "", "base64url");
  for (let at = 0; at < text.length; at += 1) {
    const changed = `${text.slice(0, at)}${text[at] === "A" ? "B" : "A"}${text.slice(at + 1)}`;
    // The last character may hold bits that say nothing.
    const isSame = at > text.indexOf(".") && macOf(changed).equals(macOf(text));
    if (!isSame) expect(readRelayTicket(server, changed, ticket)).toBeUndefined();
    expect(readRelayTicket(server, text.slice(0, at), ticket)).toBeUndefined();
  }
  expect(readRelayTicket(serverWith(newKey), text, ticket)).toBeUndefined();
  for (const none of ["", ".", "..", "null.null", "x".repeat(100_000)]) {
    expect(readRelayTicket(server, none, ticket)).toBeUndefined();
  }
});

test("a text that was signed for another purpose is no ticket", () => {
  const server = serverWith(oldKey);
  const endsAt = start.getTime() + 1_000;
  expect(readRelayTicket(server, server.signer.sign("app session", { ...ticket, endsAt }), ticket)).toBeUndefined();
  expect(readRelayTicket(server, server.signer.sign("relay", { ...ticket, endsAt }), ticket)).toEqual(holder);
});

test("a ticket from a clock far ahead is none", () => {
  const ahead = { ...serverWith(oldKey), clock: manualClock(new Date(start.getTime() + 61_000)) };
  expect(readRelayTicket(serverWith(oldKey), mintRelayTicket(ahead, ticket, null), ticket)).toBeUndefined();
});

test("while keys are replaced, a server signs with the one that the other knows", () => {
  const [renewed, before] = [serverWith(newKey, oldKey), serverWith(oldKey)];
  expect(readRelayTicket(before, mintRelayTicket(renewed, ticket, stateKeyId(oldKey)), ticket)).toEqual(holder);
  expect(readRelayTicket(before, mintRelayTicket(renewed, ticket, stateKeyId(newKey)), ticket)).toBeUndefined();
  expect(readRelayTicket(renewed, mintRelayTicket(before, ticket, stateKeyId(newKey)), ticket)).toEqual(holder);
});
