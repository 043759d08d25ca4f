/** The newest failure of a pool that still counts, for people. Decides nothing. */
export interface LastFailure {
  /** When it was known, in milliseconds since the epoch. */
  readonly at: number;
  /** Name of the prebuild. */
  readonly prebuild: string;
  /** As it was told, possibly of many lines. */
  readonly error: string;
  /** The one command that shows the rest. */
  readonly command: string;
  /** The job whose log has it; absent where the build is gone, and in records of the release before. */
  readonly jobId?: string;
}

const lineLengthMax = 400;

/** The last line of an error that says something: tools put what matters there. */
export function lastErrorLine(error: string): string {
  const lines = error.split("\n").map((line) => line.trim());
  const last = lines.findLast((line) => /[\p{L}\p{N}]/u.test(line)) ?? "the reason was not recorded";
  return last.length > lineLengthMax ? `${last.slice(0, lineLengthMax)}…` : last;
}

/** The line without its full stop, for the middle of a sentence. */
export function failureClause(failure: LastFailure | undefined): string {
  return failure === undefined ? "" : `: ${lastErrorLine(failure.error).replace(/\.$/, "")}`;
}
