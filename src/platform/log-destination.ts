/** Anything that takes whole lines: `process.stderr`, a file stream, an array in a test. */
export interface LogDestination {
  write(line: string): unknown;
}
