import type { ServerId, TokenId, UserId } from "../../contracts/ids.ts";
import type { TunnelService } from "../../contracts/tunnel.ts";
import type { AppContext } from "../app-context.ts";

/** From one server's asking to the other's answering, with clocks that differ. */
const ticketMs = 60_000;

/** One stream to one thing in a workspace, as long as it belongs to this owner. */
export interface StreamGrant {
  readonly kind: "stream";
  readonly ownerId: UserId;
  readonly service: TunnelService;
}

/** A person, or something that the first server has checked in his stead. */
export type RelayHolder =
  /** The session or API token with which the person came: the other server looks whether it holds. */
  { readonly kind: "person"; readonly tokenId: TokenId } | StreamGrant;

/** What one server tells another of the person for whom it comes. */
export interface RelayTicket {
  readonly holder: RelayHolder;
  /** Of the request; a ticket is good for no other. */
  readonly path: string;
  /** The server that it is for. */
  readonly serverId: ServerId;
}

type Signing = Pick<AppContext, "signer" | "clock">;

/**
 * The credential with which a server comes to another one for a person. The person's own never leaves the server that he
 * came to, and what does is of use for one minute, one path and one server.
 */
export function mintRelayTicket({ signer, clock }: Signing, ticket: RelayTicket, keyId: string | null): string {
  return signer.sign("relay", { ...ticket, endsAt: clock.now().getTime() + ticketMs }, keyId);
}

/** @returns for whom it comes, when it was made by a server of this deployment, for this path and server, and lately. */
export function readRelayTicket(
  { signer, clock }: Signing,
  text: string,
  at: Pick<RelayTicket, "path" | "serverId">,
): RelayHolder | undefined {
  const ticket = signer.read("relay", text) as (RelayTicket & { readonly endsAt: number }) | undefined;
  if (ticket === undefined || ticket.path !== at.path || ticket.serverId !== at.serverId) return undefined;
  const leftMs = ticket.endsAt - clock.now().getTime();
  // One from far ahead comes from a clock that is wrong: it would be of use for longer than anybody meant.
  return leftMs > 0 && leftMs <= 2 * ticketMs ? ticket.holder : undefined;
}
