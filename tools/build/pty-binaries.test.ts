import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { gunzipSync } from "node:zlib";
import * as esbuild from "esbuild";
import { expect, test } from "vitest";
import { carryPtyBinaries } from "./pty-binaries.mjs";

const root = path.resolve(import.meta.dirname, "../..");

test("a bundle carries the terminal library of each platform that is installed, and says null for the others", async () => {
  const { outputFiles } = await esbuild.build({
    absWorkingDir: root,
    entryPoints: ["src/agent/pty/native-binary.ts"],
    bundle: true,
    write: false,
    format: "esm",
    plugins: [carryPtyBinaries(root)],
  });
  const code = Buffer.from(outputFiles[0]?.contents ?? []).toString("base64");
  const { packedPtyBinary } = (await import(`data:text/javascript;base64,${code}`)) as {
    readonly packedPtyBinary: (platform: string) => string | null;
  };
  for (const platform of ["linux-x64", "linux-arm64"]) {
    const file = path.join(root, "node_modules/@lydell", `node-pty-${platform}`, "pty.node");
    const packed = packedPtyBinary(platform);
    if (!existsSync(file)) expect(packed).toBeNull();
    else expect(gunzipSync(Buffer.from(packed ?? "", "base64")).equals(readFileSync(file))).toBe(true);
  }
  expect(packedPtyBinary("win32-x64")).toBeNull();
});
