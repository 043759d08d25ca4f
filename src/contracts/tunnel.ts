import { type Static, Type } from "typebox";
import { forwardTargets } from "./forward-targets.ts";
import { TerminalService, TerminalsService } from "./terminals.ts";
import { speedMsMax } from "./tunnel-terms.ts";

/** Apart from the schemas, because a `ProxyCommand` is to start without them. */
export {
  agentTunnelPath,
  speedBytesMax,
  speedMsMax,
  tunnelLineLostCode,
  tunnelOpenMs,
  tunnelPath,
  tunnelProtocol,
  tunnelResumeMs,
  tunnelStreamsPerAgentMax,
} from "./tunnel-terms.ts";

/** What a stream leads to. */
export const TunnelService = Type.Union([
  Type.Object(
    {
      kind: Type.Literal("tcp"),
      /** As the workspace resolves it; `localhost` is tried by IPv4 first. */
      host: Type.String({ minLength: 1, maxLength: 255 }),
      port: Type.Integer({ minimum: 1, maximum: 65_535 }),
    },
    { additionalProperties: false },
  ),
  /** A socket of the workspace's file system; one that begins with `~/` is in its home. */
  Type.Object(
    { kind: Type.Literal("unix"), path: Type.String({ minLength: 2, maxLength: 255, pattern: "^~?/" }) },
    { additionalProperties: false },
  ),
  /** The agent's own SSH server. */
  Type.Object({ kind: Type.Literal("ssh") }, { additionalProperties: false }),
  TerminalService,
  TerminalsService,
  /** Answers with `TunnelPorts`, and ends. */
  Type.Object({ kind: Type.Literal("ports") }, { additionalProperties: false }),
  /** Answers with `ImageFacts`, and ends. */
  Type.Object({ kind: Type.Literal("image") }, { additionalProperties: false }),
  /** Files, by the records of `copy-records.ts`: which, and where to, the client says first of all. */
  Type.Object({ kind: Type.Literal("files") }, { additionalProperties: false }),
  /** Says back what comes. */
  Type.Object({ kind: Type.Literal("echo") }, { additionalProperties: false }),
  /** Sends zeros for as long as is said, or takes what comes, and answers with the number of its bytes when it ends. */
  Type.Object(
    {
      kind: Type.Literal("speed"),
      direction: Type.Union([Type.Literal("up"), Type.Literal("down")]),
      ms: Type.Integer({ minimum: 1, maximum: speedMsMax }),
    },
    { additionalProperties: false },
  ),
]);
export type TunnelService = Static<typeof TunnelService>;

/** What listens in a workspace. */
export const TunnelPorts = Type.Object({
  ports: Type.Array(
    Type.Object({
      port: Type.Integer({ minimum: 1, maximum: 65_535 }),
      process: Type.Union([Type.String({ maxLength: 64 }), Type.Null()]),
    }),
    { maxItems: 1_000 },
  ),
});

const Resumed = Type.Object(
  { sessionId: Type.String({ maxLength: 64 }), secret: Type.String({ maxLength: 128 }) },
  { additionalProperties: false },
);

/** The JSON of a client's `open`. */
export const TunnelRequest = Type.Object(
  {
    service: TunnelService,
    /** Null: the workspace's first agent. */
    agent: Type.Union([Type.String({ maxLength: 64 }), Type.Null()]),
    /** A stream to be taken up again; null for a new one. */
    resume: Type.Union([Resumed, Type.Null()]),
  },
  { additionalProperties: false },
);
export type TunnelRequest = Static<typeof TunnelRequest>;

/** The JSON of the `open` that an agent gets: the server has checked who asks. */
export const TunnelOpen = Type.Object({
  service: TunnelService,
  sessionId: Type.String(),
  userId: Type.String(),
  /** Of a stream that is taken up again. */
  secret: Type.Union([Type.String(), Type.Null()]),
  /** Where it, and what its client opens within it, may lead; without it anywhere, as servers of before know no bound. */
  targets: Type.Optional(Type.Enum(forwardTargets)),
});
export type TunnelOpen = Static<typeof TunnelOpen>;

/** The JSON of `accept`: with it the client, and nobody else, takes the stream up again. */
export const TunnelAccept = Type.Object({
  sessionId: Type.String(),
  secret: Type.String(),
  /** Of `ssh`: the key that the workspace's SSH server will show, as `known_hosts` has it. */
  hostKey: Type.Optional(Type.String()),
});
export type TunnelAccept = Static<typeof TunnelAccept>;
