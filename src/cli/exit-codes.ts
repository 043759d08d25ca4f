/** What a shell learns from a command. `exec` answers the exit code of what it ran instead. */
export const exitCodes = {
  done: 0,
  failed: 1,
  /** The command line is not one that exists. */
  usage: 2,
  /** Ctrl-C: 128 + SIGINT, as shells have it. */
  interrupted: 130,
  /** `exec` could not run the command or lost it; apart from the codes that commands commonly answer. */
  notReached: 255,
} as const;
