/**
 * The terminal library's binary for a platform such as `linux-x64`, packed (gzip, base64); null where this program does
 * not carry it. The agent is one file that is sent to other machines, so the bundler puts the binaries into it, in place
 * of this function (tools/build/pty-binaries.mjs). They stand in a function so that an agent in which nobody opens a
 * terminal never unpacks its text.
 */
export function packedPtyBinary(_platform: string): string | null {
  return null;
}
