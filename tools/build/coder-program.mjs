// Puts the command `coder` into the agent, which is one file that is sent to other machines, as a script of its own: Node reads
// the agent's megabyte for several times as long.
import path from "node:path";
import * as esbuild from "esbuild";

/**
 * An esbuild plugin: `src/agent/coder/packed-program.ts` gives the bundled program.
 * @param {string} root
 */
export function carryCoderProgram(root) {
  return {
    name: "carry-coder-program",
    setup(build) {
      build.onLoad({ filter: /[\\/]agent[\\/]coder[\\/]packed-program\.ts$/ }, async () => {
        const { outputFiles, metafile } = await esbuild.build({
          absWorkingDir: root,
          entryPoints: ["src/main/coder.ts"],
          bundle: true,
          write: false,
          metafile: true,
          platform: "node",
          target: "node20",
          format: "cjs",
          legalComments: "none",
          logLevel: "warning",
          minifyWhitespace: true,
          minifySyntax: true,
        });
        const text = JSON.stringify(outputFiles[0]?.text);
        const watchFiles = Object.keys(metafile.inputs).map((file) => path.join(root, file));
        return { contents: `export function packedCoderProgram() { return ${text}; }`, loader: "js", watchFiles };
      });
    },
  };
}
