import { closeSync, constants, fstatSync, ftruncateSync, openSync, writeSync } from "node:fs";

/** Where people who know Coder look for what its agent says; the init script writes there as well. */
export const coderLogFile = "/tmp/coder-agent.log";

/** A file that is larger begins anew: an agent may say for months that its server cannot be reached. */
const coderLogBytesMax = 1_048_576;

/**
 * Writes lines to a file too, as long as that goes: a disk that is full, or a file of somebody else, is no reason for an
 * agent to end. A symbolic link is not followed, as anybody may put one there.
 */
export function coderLog(file = coderLogFile, bytesMax = coderLogBytesMax): (line: string) => void {
  const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;
  return (line) => {
    try {
      const descriptor = openSync(file, flags, 0o600);
      try {
        if (fstatSync(descriptor).size > bytesMax) ftruncateSync(descriptor);
        writeSync(descriptor, line);
      } finally {
        closeSync(descriptor);
      }
    } catch {
      // It is on standard error as well.
    }
  };
}
