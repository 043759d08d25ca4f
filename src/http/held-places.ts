import type { FastifyRequest } from "fastify";
import type { Actor } from "../app/authorize.ts";
import { CodedError } from "../contracts/errors.ts";
import { execSessionsMax, sseConnectionsMax, tunnelStreamsMax } from "../contracts/limits.ts";
import { subscriberOf } from "../platform/network/address-ranges.ts";
import { Places } from "../platform/places.ts";
import { isOfAServer } from "./credentials.ts";
import type { HttpLimits } from "./http-limits.ts";
import { Openings } from "./openings.ts";

const kinds = {
  stream: { words: "event streams", option: "http.streams_per_person", max: sseConnectionsMax },
  tunnel: { words: "streams into workspaces", option: "http.tunnels_per_person", max: tunnelStreamsMax },
  command: { words: "commands", option: "http.commands_per_person", max: execSessionsMax },
} as const;

type HeldKind = keyof typeof kinds;

const retryAfterSeconds = 5;

/** The event streams and commands that are open on this server, by the person and the address that hold them. */
export class HeldPlaces {
  readonly #limits: HttpLimits;
  readonly #openings: Openings;
  readonly #places: Readonly<Record<HeldKind, Places>>;

  constructor(limits: HttpLimits) {
    this.#limits = limits;
    this.#openings = new Openings(limits.openingsPerMinuteMax);
    this.#places = {
      stream: new Places(kinds.stream.max),
      command: new Places(kinds.command.max),
      tunnel: new Places(kinds.tunnel.max),
    };
  }

  count(kind: HeldKind): number {
    return this.#places[kind].count;
  }

  /**
   * Counts one more, for a person who has been authenticated.
   * @returns what counts it off again.
   * Errors: `rate_limited`, `too_many_open`, `server_full`.
   */
  take(kind: HeldKind, actor: Actor, request: FastifyRequest): () => void {
    // What another server passes on comes from its address, whoever asked: it has counted him by his own.
    const isPassedOn = kind !== "stream" && isOfAServer(request);
    return this.takeFrom(kind, actor, isPassedOn ? null : request.ip);
  }

  /** @param ip of the other end; null: another server has counted by it. Errors: as `take`. */
  takeFrom(kind: HeldKind, actor: Pick<Actor, "userId">, ip: string | null): () => void {
    const { words, option } = kinds[kind];
    if (kind !== "stream" && ip !== null) this.#openings.count(actor.userId);
    const person = { key: `person ${actor.userId}`, max: this.#personMax(kind) };
    const address = { key: `address ${subscriberOf(ip ?? "")}`, max: this.#limits.heldPerAddressMax };
    const holders = ip === null ? [person] : [person, address];
    const entered = this.#places[kind].enter(holders);
    if (entered.kind === "entered") return entered.leave;
    if (entered.kind === "full") {
      throw new CodedError("server_full", `This server has as many ${words} open as it may.`, { retryAfterSeconds });
    }
    const { holder } = entered;
    const message =
      holder === person
        ? `You have ${person.max} ${words} open on this server, as many as one person may (\`${option}\`).`
        : `Your address has ${address.max} ${words} open on this server, as many as one may (\`http.held_per_address\`).`;
    throw new CodedError("too_many_open", message, { retryAfterSeconds });
  }

  #personMax(kind: HeldKind): number {
    switch (kind) {
      case "stream":
        return this.#limits.streamsPerPersonMax;
      case "command":
        return this.#limits.commandsPerPersonMax;
      case "tunnel":
        return this.#limits.tunnelsPerPersonMax;
    }
  }
}
