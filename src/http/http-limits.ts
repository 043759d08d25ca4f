/** How long and how much an HTTP connection may keep this server waiting. Tests give smaller ones. */
export interface HttpLimits {
  /** Connections at once, WebSockets included; the option `http.connections_max`. */
  readonly connectionsMax: number;
  /** Connections at once from one address that has not been shown to be an agent's; `http.connections_per_address`. */
  readonly connectionsPerAddressMax: number;
  /** Of each kind of what is held open; the options `http.held_per_address`, `.streams_…` and `.commands_per_person`. */
  readonly heldPerAddressMax: number;
  readonly streamsPerPersonMax: number;
  readonly commandsPerPersonMax: number;
  readonly tunnelsPerPersonMax: number;
  /** Streams and commands that one person opens in a minute; `http.openings_per_minute`, 0 for no limit. */
  readonly openingsPerMinuteMax: number;
  /** For the request line and the headers, from the connection's beginning or the end of the request before. */
  readonly headersMs: number;
  /** A body that has not come whole within this window goes on only while each further one brings `bodyBytesMin`. */
  readonly bodyWindowMs: number;
  /** 64 KiB in 30 s are 2 KiB/s, which every line has that works at all. */
  readonly bodyBytesMin: number;
  /** For the whole of a request, however steadily it comes. */
  readonly requestMs: number;
  /** How often headers and whole requests are looked at. */
  readonly checkMs: number;
  /** For the frame that starts a command, from the upgrade. */
  readonly execStartMs: number;
  /** Silence after which the other end of a command is asked for a sign of life, and after twice of which it is lost. */
  readonly execPingMs: number;
  /** Without a byte of input or output; the option `http.command_idle`, 0 for never. */
  readonly execIdleMs: number;
  /** For an app's first word, from the request. */
  readonly appFirstByteMs: number;
  /** For the connection to the server that holds the agent. */
  readonly relayConnectMs: number;
  /** Bytes written that one agent, one person, and all callers but daemons have not taken; beyond it the largest are cut. */
  readonly agentQueueBytesMax: number;
  readonly personQueueBytesMax: number;
  readonly serverQueueBytesMax: number;
  readonly queueLookMs: number;
  /** Bodies on their way, or with the server until they are answered, of one caller, and of all but daemons. */
  readonly personBodyBytesMax: number;
  readonly serverBodyBytesMax: number;
  /** When the server stops: for requests under way to be answered. What is left then is cut. */
  readonly drainMs: number;
}

const mebibyte = 1_048_576;

export const httpLimits: HttpLimits = {
  connectionsMax: 10_000,
  connectionsPerAddressMax: 2_000,
  heldPerAddressMax: 1_000,
  streamsPerPersonMax: 100,
  commandsPerPersonMax: 100,
  tunnelsPerPersonMax: 500,
  openingsPerMinuteMax: 600,
  headersMs: 15_000,
  bodyWindowMs: 30_000,
  bodyBytesMin: 65_536,
  requestMs: 3_600_000,
  checkMs: 5_000,
  execStartMs: 10_000,
  execPingMs: 10_000,
  execIdleMs: 8 * 3_600_000,
  appFirstByteMs: 60_000,
  relayConnectMs: 10_000,
  agentQueueBytesMax: 16 * mebibyte,
  personQueueBytesMax: 64 * mebibyte,
  serverQueueBytesMax: 256 * mebibyte,
  queueLookMs: 200,
  personBodyBytesMax: 64 * mebibyte,
  serverBodyBytesMax: 256 * mebibyte,
  drainMs: 5_000,
};
