import { createHmac, hkdfSync, timingSafeEqual } from "node:crypto";
import type { ServerId, TokenId, UserId } from "../../contracts/ids.ts";
import type { TunnelService } from "../../contracts/tunnel.ts";
import type { Clock } from "../../platform/clock.ts";
import { stateKeyId } from "../provisioner/state-vault.ts";

/** From one server's asking to the other's answering, with clocks that differ. */
const ticketMs = 60_000;
const ticketBytesMax = 2_048;

/** What one server tells another of the person for whom it comes. */
export interface RelayTicket {
  readonly holder: RelayHolder;
  /** Of the request; a ticket is good for no other. */
  readonly path: string;
  /** The server that it is for. */
  readonly serverId: ServerId;
}

/** A person, or something that the first server has checked in his stead. */
export type RelayHolder =
  /** The session or API token with which the person came: the other server looks whether it holds. */
  | { readonly kind: "person"; readonly tokenId: TokenId }
  /** One stream to one thing in a workspace, as long as it belongs to this owner. */
  | StreamGrant;

export interface StreamGrant {
  readonly kind: "stream";
  readonly ownerId: UserId;
  readonly service: TunnelService;
}

/**
 * The credential with which a server comes to another one for a person. The person's own never leaves the server that he
 * came to, and what does is of use for one minute, one path and one server. It is signed with the key that all servers of
 * a deployment share, which is never in the database.
 */
export class RelayTickets {
  readonly #keys: ReadonlyMap<string, Buffer>;
  readonly #ownKey: Buffer;
  readonly #clock: Clock;

  /** @param keys those that states are sealed with. */
  constructor(keys: readonly [Buffer, ...Buffer[]], clock: Clock) {
    this.#keys = new Map(keys.map((key) => [stateKeyId(key), signingKey(key)]));
    this.#ownKey = signingKey(keys[0]);
    this.#clock = clock;
  }

  /** @param keyId of the key that the other server seals with: while keys are replaced it may not know ours yet. */
  mint(ticket: RelayTicket, keyId: string | null): string {
    const key = this.#keys.get(keyId ?? "") ?? this.#ownKey;
    const endsAt = this.#clock.now().getTime() + ticketMs;
    const body = Buffer.from(JSON.stringify({ ...ticket, endsAt })).toString("base64url");
    return `${body}.${macOf(key, body).toString("base64url")}`;
  }

  /** @returns what it says, when it was made by a server of this deployment, for this path and server, and lately. */
  read(text: string, at: Pick<RelayTicket, "path" | "serverId">): RelayTicket | undefined {
    const [body = "", mac = ""] = text.slice(0, ticketBytesMax).split(".");
    const given = Buffer.from(mac, "base64url");
    if (!Array.from(this.#keys.values()).some((key) => isSame(macOf(key, body), given))) return undefined;
    const ticket = JSON.parse(Buffer.from(body, "base64url").toString("utf8")) as RelayTicket & { endsAt: number };
    const leftMs = ticket.endsAt - this.#clock.now().getTime();
    const isFor = ticket.path === at.path && ticket.serverId === at.serverId;
    // One from far ahead comes from a clock that is wrong: it would be of use for longer than anybody meant.
    return isFor && leftMs > 0 && leftMs <= 2 * ticketMs ? ticket : undefined;
  }
}

function signingKey(key: Buffer): Buffer {
  return Buffer.from(hkdfSync("sha256", key, "", "prewarm relay ticket", 32));
}

function macOf(key: Buffer, body: string): Buffer {
  return createHmac("sha256", key).update(body).digest();
}

function isSame(one: Buffer, other: Buffer): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}
