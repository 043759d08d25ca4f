import { CodedError, type ErrorCode } from "../../../contracts/errors.ts";

/**
 * A refusal of the Docker Engine, or that there is none. The code says what it means for a job:
 * `transient` (it may pass), `capacity` (the host is full), `build_failed` (what the template asks for is refused).
 */
export class EngineError extends CodedError {
  /** HTTP status of the engine's answer; 0 when it could not be reached. */
  readonly engineStatus: number;

  constructor(
    engineStatus: number,
    message: string,
    options: { readonly cause?: unknown; readonly next?: string } = {},
  ) {
    super(codeOf(engineStatus, message), message, options);
    this.name = "EngineError";
    this.engineStatus = engineStatus;
  }
}

/** Words of the engine, the runtime and the kernel for "the host is full". */
const fullHost =
  /no space left on device|cannot allocate memory|insufficient|port is already allocated|address already in use|could not find an available.* address pool/i;
const passing = /toomanyrequests|rate limit|i\/o timeout|connection refused|TLS handshake timeout|no such host/i;

function codeOf(status: number, message: string): ErrorCode {
  if (fullHost.test(message)) return "capacity";
  if (status === 0 || status === 409 || passing.test(message)) return "transient";
  // Refusals of a runtime ("exec: sh: not found") come as 400 or 500 by release; a 500 of the engine itself may pass.
  if (status >= 500 && !/OCI runtime|invalid|unsupported|not supported/i.test(message)) return "transient";
  return "build_failed";
}

/** Whether the engine says that the thing does not exist: for a removal that is success. */
export function isGone(error: unknown): boolean {
  return error instanceof EngineError && error.engineStatus === 404;
}

export function isConflict(error: unknown): boolean {
  return error instanceof EngineError && error.engineStatus === 409;
}

/** For a connection that failed: says where Docker was looked for, and what to do. */
export function unreachable(where: string, cause: unknown): EngineError {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  const why =
    {
      ENOENT: "there is no such socket, so Docker is not installed or not started",
      ECONNREFUSED: "nobody listens there, so Docker is not started",
      EACCES: "this user may not use it",
      EPERM: "this user may not use it",
    }[code] ?? (cause instanceof Error ? cause.message : String(cause));
  const next =
    code === "EACCES" || code === "EPERM"
      ? "Add the daemon's user to the group of the socket (usually `docker`), and start the daemon again."
      : "Start Docker, or set provisioner.docker_host to where it listens.";
  return new EngineError(0, `Docker cannot be used at ${where}: ${why}.`, { cause, next });
}
