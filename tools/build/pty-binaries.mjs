// Puts the terminal library's binaries into the agent, which is one file that is sent to other machines.
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";

/** Those that an agent may come to without its installation. npm installs only the one for this machine. */
const platforms = ["linux-x64", "linux-arm64"];

/**
 * An esbuild plugin: `src/agent/pty/native-binary.ts` gives what is installed of them. What is not is left out, and an
 * agent that misses it says so when somebody wants a terminal.
 * @param {string} root
 */
export function carryPtyBinaries(root) {
  return {
    name: "carry-pty-binaries",
    setup(build) {
      build.onLoad({ filter: /[\\/]agent[\\/]pty[\\/]native-binary\.ts$/ }, () => {
        const cases = platforms.flatMap((platform) => {
          const file = path.join(root, "node_modules/@lydell", `node-pty-${platform}`, "pty.node");
          if (!existsSync(file)) return [];
          const packed = gzipSync(readFileSync(file), { level: 9 }).toString("base64");
          return [`case "${platform}": return "${packed}";`];
        });
        const contents = `export function packedPtyBinary(platform) { switch (platform) { ${cases.join("\n")}\ndefault: return null; } }`;
        return { contents, loader: "js" };
      });
    },
  };
}
