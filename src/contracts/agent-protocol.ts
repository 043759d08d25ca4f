import { type Static, Type } from "typebox";
import { gitHostLengthMax } from "./limits.ts";
import { appHealthDetailLengthMax, appHealths, appsPerAgentMax } from "./app-health.ts";
import { appNameLengthMax } from "./app-address.ts";
import { AgentMetadataValues } from "./agent-metadata.ts";
import { AgentSettings } from "./agent-settings.ts";
import { agentStates } from "./states.ts";

/**
 * What the agent and the server say to each other.
 * HTTP (token `Authorization: Bearer …`): `GET agentManifest`, `GET agentClaim`, `POST agentClaimAck`, `GET agentSecrets`,
 * `POST agentGitCredential`, `POST reportGitCredential` and `POST reportImage`.
 * WebSocket at `/api/v1/agent/connect` (same header): the messages below, one JSON object a frame.
 * The socket carries state, logs and exec; a claim travels over HTTP, and `poke` only says that it is worth a look.
 */
/**
 * With each call and connection an agent proves by this header that it is the one that came first with its token. The key
 * is made by the agent and kept with what it remembers; an agent of the release before sends none.
 */
export const agentKeyHeader = "x-prewarm-agent-key";

export const agentConnectPath = "/api/v1/agent/connect";
/** How often an agent that has no connection, or something to acknowledge, asks for its claim record. */
export const claimPollMs = 5_000;
/**
 * How often one that is connected asks though nobody poked it. Its server does the looking: with each heartbeat it pokes
 * the agents whose claim they have not acknowledged. Thousands of agents at rest need not ask every few seconds.
 */
export const claimPollConnectedMs = 300_000;
/** Either side sends a ping after this much silence and gives the connection up after twice as much. */
export const agentPingMs = 10_000;

/**
 * How an agent's `detail` begins when it was handed over and its server does not know of it, as after a backup was
 * restored: the workspace is somebody's, whatever the database says.
 */
export const handedOverBefore = "This workspace was handed over to ";

const AgentHook = Type.Object({ run: Type.String(), timeoutMs: Type.Integer() });

const AppCheck = Type.Object({
  app: Type.String(),
  at: Type.Union([
    Type.Object({ kind: Type.Literal("tcp"), port: Type.Integer(), isTls: Type.Boolean() }),
    Type.Object({ kind: Type.Literal("unix"), path: Type.String() }),
  ]),
  /** Of the request. */
  path: Type.String(),
  intervalMs: Type.Integer({ minimum: 1 }),
  timeoutMs: Type.Integer({ minimum: 1 }),
  threshold: Type.Integer({ minimum: 1 }),
});

/** What the build of an agent has told of it, in templates where that is no matter of the version. */
const ToldSettings = Type.Union([
  /** The build goes on: worth asking again. */
  Type.Object({ state: Type.Literal("pending") }),
  /** The build has ended and has told nothing. */
  Type.Object({ state: Type.Literal("untold") }),
  Type.Object({
    state: Type.Literal("known"),
    /** Of the claim record that they belong to; 0 while nobody had claimed the workspace. */
    generation: Type.Integer({ minimum: 0 }),
    ...AgentSettings.properties,
  }),
]);
export type ToldSettings = Static<typeof ToldSettings>;

export const AgentManifest = Type.Object({
  agentId: Type.String(),
  agentName: Type.String(),
  workspaceId: Type.String(),
  /** The start that this agent belongs to, and its stage. A server of the release before says neither. */
  startId: Type.Optional(Type.String()),
  buildStage: Type.Optional(Type.String()),
  /** As they are now: of a prebuild, and of its owner; a claim record goes before. A server of the release before says neither. */
  workspaceName: Type.Optional(Type.String()),
  ownerName: Type.Optional(Type.String()),
  templateName: Type.String(),
  /** Relative to the workspace's home, or absolute; empty for the home itself. */
  directory: Type.String(),
  env: Type.Record(Type.String(), Type.String()),
  parameters: Type.Record(Type.String(), Type.String()),
  /** A server of the release before sends neither `start` nor `stop`; an agent of that release passes them over. */
  hooks: Type.Object({
    prewarm: Type.Optional(AgentHook),
    start: Type.Optional(AgentHook),
    claim: Type.Optional(AgentHook),
    stop: Type.Optional(AgentHook),
  }),
  /** Without these, no hook runs once somebody owns the workspace. A server of the release before sends none. */
  requiredSecrets: Type.Optional(Type.Array(Type.String())),
  /** How long a terminal goes on while nobody looks. A server of the release before does not say. */
  terminalDetachedMs: Type.Optional(Type.Integer({ minimum: 1 })),
  /** Apps whose health the agent is to tell. A server of the release before sends none. */
  appChecks: Type.Optional(Type.Array(AppCheck)),
  /** Whether the agent is to tell what its image is like (`POST reportImage`); of a pool's first prebuilds. */
  isImageWanted: Type.Optional(Type.Boolean()),
  /** Absent where the version says all that there is to say. */
  settings: Type.Optional(ToldSettings),
});
export type AgentManifest = Static<typeof AgentManifest>;

/** Who the workspace belongs to now. `generation` 0 means: nobody yet, it waits in its pool. */
export const ClaimRecord = Type.Object({
  generation: Type.Integer({ minimum: 0 }),
  owner: Type.Union([
    Type.Null(),
    Type.Object({ id: Type.String(), username: Type.String(), name: Type.String(), email: Type.String() }),
  ]),
  workspaceName: Type.String(),
  parameters: Type.Record(Type.String(), Type.String()),
  claimedAt: Type.Union([Type.String(), Type.Null()]),
  /** A server of the release before does not say. */
  dotfiles: Type.Optional(
    Type.Object({
      /** How often somebody has asked for another run. */
      runs: Type.Integer({ minimum: 0 }),
      /** Null where the owner has none, or has switched them off. */
      source: Type.Union([
        Type.Null(),
        Type.Object({ repository: Type.String(), branch: Type.String(), folder: Type.String() }),
      ]),
    }),
  ),
  /** Whether it is worth asking for secrets. A server of the release before sends none, and does not say. */
  hasSecrets: Type.Optional(Type.Boolean()),
});
export type ClaimRecord = Static<typeof ClaimRecord>;

/**
 * What the owner and the template give to the workspace's hooks and commands; never to be written anywhere. Of one name
 * there is one: the owner's goes before the template's.
 */
export const AgentSecrets = Type.Object({
  /** Of the claim that they belong to. */
  generation: Type.Integer({ minimum: 1 }),
  /** `value` is base64, so that its length on the way does not depend on what is in it. */
  secrets: Type.Array(Type.Object({ name: Type.String(), value: Type.String() })),
  /** The owner's SSH key, PKCS #8 as PEM in base64: for the agent's memory alone, never a variable or a file. */
  sshKey: Type.Optional(Type.String()),
  /** Names of those that are left out, as no key at hand opens them. */
  unopened: Type.Optional(Type.Array(Type.String())),
});
export type AgentSecrets = Static<typeof AgentSecrets>;

/** What git in the workspace wants to sign in to. */
export const GitCredentialAsk = Type.Object({
  protocol: Type.Union([Type.Literal("https"), Type.Literal("http")]),
  /** As in the repository's address, with the port if that has one. */
  host: Type.String({ minLength: 1, maxLength: gitHostLengthMax }),
});
export type GitCredentialAsk = Static<typeof GitCredentialAsk>;

/** What the workspace's owner has for the host; never to be written anywhere. */
export const GitCredential = Type.Union([
  Type.Object({
    outcome: Type.Literal("given"),
    /** Of this token: how it fares is told by it. */
    id: Type.String(),
    username: Type.String(),
    token: Type.String(),
    /** Whether the host refused it when it was last used. */
    isRefused: Type.Boolean(),
  }),
  Type.Object({
    /** He has none; has one that is not for this template; is suspended; or no key at hand opens it. */
    outcome: Type.Union([
      Type.Literal("not_linked"),
      Type.Literal("not_allowed"),
      Type.Literal("suspended"),
      Type.Literal("unopened"),
    ]),
    /** The name of the workspace's template. */
    template: Type.String(),
  }),
]);
export type GitCredential = Static<typeof GitCredential>;

/** Whether a host took a token that this agent was given. */
export const GitCredentialReport = Type.Object({ id: Type.String({ format: "uuid" }), isRefused: Type.Boolean() });
export type GitCredentialReport = Static<typeof GitCredentialReport>;

export const ClaimAcknowledgement = Type.Object({
  generation: Type.Integer({ minimum: 1 }),
  /** Null when the claim hook succeeded; else what went wrong. */
  error: Type.Union([Type.Null(), Type.String({ maxLength: 4096 })]),
});
export type ClaimAcknowledgement = Static<typeof ClaimAcknowledgement>;

/** Longer names are cut: a server of the release before would take no longer one. */
export const logSourceLengthMax = 32;

const LogLine = Type.Object({
  at: Type.String(),
  level: Type.Union([Type.Literal("info"), Type.Literal("error")]),
  /** `agent`, `dotfiles`, the hook (`prewarm`, `start`, `claim`, `stop`), or the name of a script of the template's. */
  source: Type.String({ maxLength: logSourceLengthMax }),
  line: Type.String(),
});

/** Frames from the agent. `data` is base64. */
export const AgentToServer = Type.Union([
  Type.Object({
    kind: Type.Literal("state"),
    state: Type.Enum(agentStates),
    detail: Type.String({ maxLength: 1024 }),
    version: Type.String({ maxLength: 64 }),
  }),
  Type.Object({ kind: Type.Literal("logs"), lines: Type.Array(LogLine) }),
  /**
   * How all apps are that it was told to check: when one changes, and before the state with each connection. A server of the
   * release before passes it over.
   */
  Type.Object({
    kind: Type.Literal("apps"),
    apps: Type.Array(
      Type.Object({
        app: Type.String({ maxLength: appNameLengthMax }),
        health: Type.Enum(appHealths),
        /** Why, unless it is healthy. */
        detail: Type.String({ maxLength: appHealthDetailLengthMax }),
      }),
      { maxItems: appsPerAgentMax },
    ),
  }),
  /**
   * All items of the agent's metadata: when one has become another, a second apart at least, when they were found anew and are
   * as before (`metadataRefreshMs`), and with each connection. Kept in memory alone. A server of the release before passes it over.
   */
  Type.Object({
    kind: Type.Literal("metadata"),
    /** The agent's own time, by which the server knows how old each value is, whatever the clock there says. */
    at: Type.Optional(Type.String({ maxLength: 32 })),
    values: AgentMetadataValues,
  }),
  Type.Object({
    kind: Type.Literal("exec_output"),
    execId: Type.String(),
    stream: Type.Union([Type.Literal("stdout"), Type.Literal("stderr")]),
    data: Type.String(),
  }),
  /** `exitCode` is 128 + n when signal n ended it, and null when it could not be started; `error` says why. */
  Type.Object({
    kind: Type.Literal("exec_exit"),
    execId: Type.String(),
    exitCode: Type.Union([Type.Integer(), Type.Null()]),
    error: Type.Union([Type.String(), Type.Null()]),
  }),
]);
export type AgentToServer = Static<typeof AgentToServer>;

/** Frames to the agent. */
export const ServerToAgent = Type.Union([
  /** Look again: pull the claim record, and the owner's secrets with it. */
  Type.Object({ kind: Type.Literal("poke") }),
  /** Somebody wants to reach what listens in the workspace: connect at `agentTunnelPath`, too. */
  Type.Object({ kind: Type.Literal("tunnel_wanted") }),
  Type.Object({
    kind: Type.Literal("exec_start"),
    execId: Type.String(),
    command: Type.Array(Type.String()),
    env: Type.Record(Type.String(), Type.String()),
  }),
  Type.Object({ kind: Type.Literal("exec_input"), execId: Type.String(), data: Type.String(), end: Type.Boolean() }),
  /** The reader of its output is too slow: wait, or go on. An agent of the release before passes it over. */
  Type.Object({ kind: Type.Literal("exec_flow"), execId: Type.String(), isHeld: Type.Boolean() }),
  Type.Object({
    kind: Type.Literal("exec_signal"),
    execId: Type.String(),
    signal: Type.Union([
      Type.Literal("SIGINT"),
      Type.Literal("SIGTERM"),
      Type.Literal("SIGKILL"),
      Type.Literal("SIGHUP"),
    ]),
  }),
]);
export type ServerToAgent = Static<typeof ServerToAgent>;

/**
 * A person's exec session: WebSocket at `execPath`, first frame `start`, then `input` and `signal`;
 * answers are `output` and one last `exit`.
 */
export const execPath = (workspaceId: string): string => `/api/v1/workspaces/${workspaceId}/exec`;

export const ExecFromClient = Type.Union([
  Type.Object({
    kind: Type.Literal("start"),
    command: Type.Array(Type.String(), { minItems: 1 }),
    env: Type.Record(Type.String(), Type.String()),
    /** Null: the workspace's first agent. */
    agent: Type.Union([Type.String(), Type.Null()]),
  }),
  Type.Object({ kind: Type.Literal("input"), data: Type.String(), end: Type.Boolean() }),
  Type.Object({
    kind: Type.Literal("signal"),
    signal: Type.Union([
      Type.Literal("SIGINT"),
      Type.Literal("SIGTERM"),
      Type.Literal("SIGKILL"),
      Type.Literal("SIGHUP"),
    ]),
  }),
]);
export type ExecFromClient = Static<typeof ExecFromClient>;

export const ExecToClient = Type.Union([
  Type.Object({
    kind: Type.Literal("output"),
    stream: Type.Union([Type.Literal("stdout"), Type.Literal("stderr")]),
    data: Type.String(),
  }),
  Type.Object({
    kind: Type.Literal("exit"),
    exitCode: Type.Union([Type.Integer(), Type.Null()]),
    /** A code of the error registry when the session could not be had at all. */
    errorCode: Type.Union([Type.String(), Type.Null()]),
    error: Type.Union([Type.String(), Type.Null()]),
  }),
]);
export type ExecToClient = Static<typeof ExecToClient>;

/** How the last word of an agent begins whose hook has failed. Its server tells by it what became of a stop. */
export function hookTroublePrefix(hook: string): string {
  return `The ${hook} hook `;
}
