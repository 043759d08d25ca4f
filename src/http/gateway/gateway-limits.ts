/** What callers of the SSH gateway may hold and try; each server counts its own. Tests give smaller ones. */
export interface GatewayLimits {
  /** All that is connected, signed in or not. */
  readonly connectionsMax: number;
  readonly connectionsPerPersonMax: number;
  /** Who has not signed in yet. */
  readonly strangersMax: number;
  readonly strangersPerAddressMax: number;
  /** Connections of one address within a minute; more are closed at once. */
  readonly attemptsPerMinuteMax: number;
  /** From the connection to the sign-in. */
  readonly loginGraceMs: number;
  /** Keys and other ways that a client tries on one connection. */
  readonly triesMax: number;
  /** Of one connection, at a time. */
  readonly channelsMax: number;
  /** A client that leads nowhere is sent away. */
  readonly idleMs: number;
  /** Silence after which the client is asked for a sign of life, and after four of which it is given up. */
  readonly keepAliveMs: number;
  /** For a workspace that is being started. */
  readonly startMs: number;
}

export const gatewayLimits: GatewayLimits = {
  connectionsMax: 1_000,
  connectionsPerPersonMax: 50,
  strangersMax: 100,
  strangersPerAddressMax: 10,
  attemptsPerMinuteMax: 60,
  loginGraceMs: 20_000,
  triesMax: 10,
  channelsMax: 16,
  idleMs: 600_000,
  keepAliveMs: 15_000,
  startMs: 600_000,
};
