/**
 * The registry of coded errors. `docs/errors.md` is tested against it both ways.
 * A code is stable; a message may change. `next` says what the reader can do about it.
 */
interface ErrorEntry {
  /** HTTP status with which it is answered. */
  readonly status: number;
  readonly meaning: string;
  readonly next: string;
}

function entry(status: number, meaning: string, next: string): ErrorEntry {
  return { status, meaning, next };
}

export const errorRegistry = {
  invalid_request: entry(400, "The request does not have the expected shape.", "Correct the named fields."),
  invalid_parameter: entry(
    400,
    "A parameter is missing, unknown, fixed by the preset, or has a value that its definition refuses.",
    "See `prewarm templates show NAME` for the parameters and what they accept.",
  ),
  invalid_manifest: entry(
    400,
    "`template.yaml` is missing or not valid.",
    "Correct the named line and field; `prewarm templates init` writes a valid example.",
  ),
  invalid_archive: entry(
    400,
    "The uploaded template archive cannot be unpacked safely: a path outside it, a link, or too many or too large entries.",
    "Push a plain folder of regular files with `prewarm templates push DIR`.",
  ),
  unauthenticated: entry(401, "No valid session or token came with the request.", "Run `prewarm login URL`."),
  invalid_credentials: entry(401, "The user name or the password is wrong.", "Try again, or ask an administrator."),
  too_many_sign_ins: entry(
    429,
    "Sign-ins from this address have failed too often; it has to wait, a minute at most. Other addresses need not.",
    "Wait for the time given in `retry-after`. An administrator can set a new password: `prewarm users reset-password NAME`.",
  ),
  account_suspended: entry(
    403,
    "An administrator has suspended the account. What it owns is kept.",
    "Ask an administrator: `prewarm users activate NAME` ends it.",
  ),
  forbidden: entry(
    403,
    "You may not do this.",
    "Ask whom the message names; another role is given by an administrator.",
  ),
  driver_not_isolated: entry(
    403,
    "The workspace would be kept apart neither from others nor from the provisioner, and you are not an administrator.",
    "Ask an administrator: run the provisioner as root, use a template of containers, or set `provisioner.allow_unisolated` where everybody may read everything.",
  ),
  setup_link_invalid: entry(
    410,
    "The set-up link is wrong, used, or expired.",
    "Start the server again: it prints a new link while the administrator has no password.",
  ),
  already_set_up: entry(
    409,
    "The administrator has a password already: the set-up is done.",
    "Sign in with `prewarm login URL`.",
  ),
  not_found: entry(404, "There is no such thing, or you may not see it.", "List what there is, and check the name."),
  name_taken: entry(409, "The name is in use.", "Choose another name, or delete what has it."),
  conflict: entry(409, "The thing is not in a state that allows this.", "Look at its state, then try again."),
  too_many_tokens: entry(
    409,
    "You have as many API tokens as one person may have.",
    "Revoke one that nothing uses: `prewarm tokens list` says when each was last used.",
  ),
  daemon_key_bound: entry(
    403,
    "The daemon's key is for another daemon, or the name that it came with is another's.",
    "An administrator makes a key for each daemon: `prewarm provisioner keys create NAME --daemon DAEMON`.",
  ),
  too_many_secrets: entry(
    409,
    "There are as many secrets, or as many bytes of them, as one person or template may have.",
    "Remove one that nothing uses: `prewarm secrets list` shows them.",
  ),
  app_unreachable: entry(
    502,
    "Nothing listens where an app is to be, or it broke off before it answered.",
    "`prewarm ports list WORKSPACE` shows what listens; look at the app's own log.",
  ),
  app_silent: entry(
    504,
    "An app took a request and did not answer it.",
    "Look at the app's own log: it hangs, or waits for something.",
  ),
  share_beyond_limit: entry(
    409,
    "The app or port may not be shared with so many.",
    "`prewarm apps list` shows the most that its template and the server allow.",
  ),
  too_many_shares: entry(
    409,
    "The workspace shares as many apps and ports as one may.",
    "Take some back: `prewarm shares list` shows them.",
  ),
  secret_missing: entry(
    409,
    "The template requires a secret that the workspace would not be given: it is not set, or not for this template.",
    "Set it, or let it go to the template: `prewarm secrets list` shows what there is.",
  ),
  nobody_owns_it: entry(
    403,
    "The workspace waits in its pool: it is given no secrets before somebody owns it.",
    "Nothing is to be done: its agent asks again once the workspace is claimed.",
  ),
  last_administrator: entry(
    409,
    "The deployment would be left without anybody who can administer it.",
    "Make somebody else an administrator first: `prewarm users role NAME administrator`.",
  ),
  build_in_progress: entry(
    409,
    "Another build of this workspace is not finished.",
    "Wait for it (`prewarm logs -f NAME`), or cancel it (`prewarm jobs cancel ID`).",
  ),
  prebuild_immutable: entry(
    409,
    "An unclaimed prebuild is managed by its pool alone: it has no lifecycle settings, and is what its preset says.",
    "Claim a workspace with `prewarm create`, then change that one.",
  ),
  lifecycle_refused: entry(
    400,
    "A TTL, an extension or an autostart is outside of what the template allows.",
    "`prewarm templates schedule TEMPLATE` shows what it allows; the message names the limit.",
  ),
  setting_needs_restart: entry(
    409,
    "The option is not one of those that may be changed while servers run.",
    "Change it where the server is started: by its flag, its environment variable or in the file; then restart each server.",
  ),
  setting_is_given: entry(
    409,
    "The server was started with a value of this option, which counts before one that is stored.",
    "Take it from the flag, the variable or the file that the message names and restart the server, or change it there.",
  ),
  template_deprecated: entry(409, "The template is deprecated.", "Use the template that the message names."),
  template_not_ready: entry(
    409,
    "The template has no active version yet.",
    "Wait for its import, or promote a version with `prewarm templates promote`.",
  ),
  no_claimable_prebuild: entry(
    409,
    "No prebuild was ready and the request allows nothing else (`warm_only`).",
    "Try again after the time given, or ask with `--mode prefer_warm`.",
  ),
  quota_exceeded: entry(
    409,
    "The workspace would cost its owner more than the groups that he is in allow.",
    "Delete a workspace that the message names, or ask an administrator for a larger allowance; `prewarm quota show` lists both.",
  ),
  prebuilds_disabled: entry(
    409,
    "Prebuilds are switched off here and the request allows nothing else (`warm_only`).",
    "Ask with `--mode prefer_warm`.",
  ),
  idempotency_key_reused: entry(
    422,
    "The idempotency key was used for another request.",
    "Use a new key for a new request.",
  ),
  form_superseded: entry(
    409,
    "A newer question about the same form came meanwhile, and that one is answered.",
    "Nothing is to be done: take the answer of the newer one.",
  ),
  form_unanswered: entry(
    503,
    "No provisioner has evaluated the template's parameters in time.",
    "Try again: the first time after a push, a provisioner fetches what the template needs. Else see `prewarm daemons list`.",
  ),
  too_large: entry(413, "The body is larger than allowed.", "Send less; the message names the limit."),
  rate_limited: entry(429, "Too many requests.", "Wait for the time given in `retry-after`."),
  too_many_open: entry(
    429,
    "You, or your address, have as many connections, event streams, commands or waits open as one may.",
    "Close some of them, and try again; the message names the option that an administrator may raise.",
  ),
  server_full: entry(
    503,
    "The server holds as many of these open as it may, for everybody together.",
    "Try again in a moment.",
  ),
  command_idle: entry(
    408,
    "The command was ended: neither input nor output came for as long as `http.command_idle` says.",
    "Run what works without a word in the background, with its output in a file.",
  ),
  too_many_waiters: entry(503, "Too many creations are waiting for a prebuild.", "Try again, or do not wait."),
  agent_unavailable: entry(
    409,
    "The workspace's agent is not connected.",
    "Start the workspace, or look at `prewarm logs NAME`.",
  ),
  agent_outdated: entry(
    409,
    "The workspace's agent is of a release that cannot do this yet.",
    "Restart the workspace: `prewarm restart NAME` brings it this server's agent.",
  ),
  agent_executable_unavailable: entry(
    503,
    "The server cannot offer the agent in the form that the workspace's image needs.",
    "Put Node 20 or newer into the image; the message says why the executable cannot be made.",
  ),
  lease_lost: entry(
    409,
    "The job's lease is gone: it expired, was taken away, or the job has ended.",
    "Stop working on the job; what it has created is known and will be cleaned up.",
  ),
  state_key_mismatch: entry(
    500,
    "What is stored of a workspace was sealed with another key than this server has.",
    "Give every server of the deployment the same `state.key`: the contents of `state.key` in the data folder of the first one. When it was replaced on purpose, name the old one after it, with a comma between them.",
  ),
  database_unavailable: entry(
    503,
    "The database cannot be reached, or did not answer. What it was asked to do last may have been done.",
    "Try again, a creation with the same idempotency key; `/readyz` says when it is back.",
  ),
  database_timeout: entry(
    503,
    "The database ended a statement that took too long, or waited too long for another's lock. Nothing was done.",
    "Try again. When it stays so, look for what keeps the database busy: `select * from pg_stat_activity`.",
  ),
  server_stopping: entry(
    503,
    "The server stops, and ends what waits.",
    "Try again, a creation with the same idempotency key: another server answers, or this one when it is back.",
  ),
  request_timeout: entry(
    408,
    "The request did not arrive in time.",
    "Send it again. An upload may be slow, but has to go on: the message says how fast.",
  ),
  internal: entry(500, "A fault of the server.", "Look for the request id in the server's log."),

  port_in_use: entry(500, "The address to listen on is in use.", "Stop what uses it, or choose `--http-port`."),
  config_invalid: entry(500, "A configuration value is not valid.", "Correct the option that the message names."),
  folder_unusable: entry(
    500,
    "A folder that an option names cannot be made.",
    "Name another folder, or let this user write there.",
  ),
  schema_newer: entry(
    500,
    "The database was migrated by a newer release than this one.",
    "Run that release or a newer one; never an older one on the same database.",
  ),

  build_failed: entry(500, "The template's own steps failed.", "See the build log: `prewarm logs NAME`."),
  hook_failed: entry(
    500,
    "A hook of the workspace failed, or ran over its limit.",
    "`prewarm logs NAME` shows what it printed; `prewarm restart NAME` runs it again.",
  ),
  agent_not_connected: entry(
    500,
    "The workspace's agent has not connected within its time.",
    "See `prewarm logs NAME`, and whether its host reaches `access_url`.",
  ),
  build_timeout: entry(500, "The build took longer than its limit.", "See the build log for the step that hung."),
  capacity: entry(503, "The provider has no capacity left.", "Free some, or add a provisioner."),
  transient: entry(503, "The provider failed in a way that may pass.", "Try again."),
  driver_unavailable: entry(
    503,
    "A driver that this provisioner should have cannot be used on its host.",
    "Install or start what the message names; the provisioner looks again every minute. Or take the driver out of `provisioner.drivers`.",
  ),
  invalid_template: entry(400, "The driver refuses the template.", "Correct what its message names."),
  abandoned: entry(
    500,
    "The provisioner that ran the job stopped answering.",
    "Start the workspace again; the provisioner's log says why it stopped.",
  ),
  provisioner_absent: entry(
    503,
    "No provisioner could take the job for as long as `provisioner.wait_limit` says.",
    "Start the provisioner that the message names; or an administrator has another adopt its workspaces, or deletes without it: `prewarm daemons adopt`, `prewarm delete --orphan`.",
  ),
  canceled: entry(409, "The job was cancelled.", "Start the build again if it was not meant."),
  preempted: entry(
    409,
    "The build of a prebuild was cancelled, because people waited for its place.",
    "Nothing: its pool makes another one. Add daemons or concurrency when it happens often.",
  ),
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof errorRegistry;

const passingCodes: ReadonlySet<string> = new Set<ErrorCode>([
  "transient",
  "database_unavailable",
  "database_timeout",
  "server_stopping",
]);

/** Whether the same request may be answered a moment later: a server or its database is away, or starting. */
export function isPassingCode(code: string): boolean {
  return passingCodes.has(code);
}

/**
 * The same of an answer without a code that is known here: of a load balancer whose servers are away or restart, or of a
 * newer server.
 */
export function isPassingStatus(status: number): boolean {
  return status >= 502 && status <= 504;
}

/** One thing that is wrong with an input. `field` is a path such as `presets[1].prebuilds.instances`. */
export interface Problem {
  readonly field: string;
  readonly reason: string;
  readonly file?: string;
  /** 1-based. */
  readonly line?: number;
  /** 1-based. */
  readonly column?: number;
}

export interface CodedErrorOptions {
  readonly cause?: unknown;
  readonly problems?: readonly Problem[];
  readonly next?: string;
  /** Seconds after which a retry may succeed; becomes the `retry-after` header. */
  readonly retryAfterSeconds?: number;
  /** Further facts for programs, for example the miss reason. */
  readonly details?: Readonly<Record<string, unknown>>;
  /** Of an answer: the request, as the server's log names it. */
  readonly requestId?: string | undefined;
}

/** An expected failure: it has a code of the registry, and says what happened, why, and what to do next. */
export class CodedError extends Error {
  readonly code: ErrorCode;
  readonly problems: readonly Problem[];
  readonly next: string;
  readonly retryAfterSeconds: number | undefined;
  readonly details: Readonly<Record<string, unknown>>;
  readonly requestId: string | undefined;

  constructor(code: ErrorCode, message: string, options: CodedErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "CodedError";
    this.code = code;
    this.problems = options.problems ?? [];
    this.next = options.next ?? errorRegistry[code].next;
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.details = options.details ?? {};
    this.requestId = options.requestId;
  }

  get status(): number {
    return errorRegistry[this.code].status;
  }
}

export function isErrorCode(value: string): value is ErrorCode {
  return Object.hasOwn(errorRegistry, value);
}
