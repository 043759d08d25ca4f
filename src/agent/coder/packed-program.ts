/** The command `coder` as one script for Node, which the bundler puts here; null where nothing was bundled. */
export function packedCoderProgram(): string | null {
  return null;
}
