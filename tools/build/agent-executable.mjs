// Makes the agent's single executable, for images without Node: this Node's own binary with the bundled agent inside.
//   node tools/build/agent-executable.mjs      prints { path, gzipPath, sha256, bytes, gzipBytes } as JSON
// It takes some seconds and 200 MB of memory, so the server runs it as a process of its own, on the first request.
// What was made is kept in dist/agent-executable, named for what it was made from: the second call only reads it.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { inject } from "postject";

/** The mark in Node's binary that says where a program may be put; see Node's "Single executable applications". */
const fuse = "NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2";
/** Level 6 packs as well as 9 here, in half the time. */
const gzipLevel = 6;

/**
 * @param {{ readonly root: string, readonly node?: string, readonly platform?: string }} options
 * @throws Error with the reason when this Node cannot be made into one
 */
export async function buildAgentExecutable({ root, node = process.execPath, platform = process.platform }) {
  if (platform !== "linux") throw new Error(`the executable is for Linux, and this is ${platform}`);
  const binary = readFileSync(node);
  if (!binary.includes(`${fuse}:0`)) {
    throw new Error(`${node} cannot carry a program: it was built without that, or as a shared library`);
  }
  const script = readFileSync(path.join(root, "dist/bundle/agent.cjs"));
  const key = createHash("sha256").update(binary).update(script).digest("hex").slice(0, 16);
  const folder = path.join(root, "dist/agent-executable");
  const wanted = path.join(folder, key);
  const known = readMade(wanted);
  if (known) return known;
  mkdirSync(folder, { recursive: true });
  const scratch = mkdtempSync(path.join(folder, "making-"));
  try {
    const program = await withProgram({ binary, node, scratch, script });
    note(scratch, program);
    rmSync(wanted, { recursive: true, force: true });
    renameSync(scratch, wanted);
  } catch (error) {
    // Another process may have made the same meanwhile, and has it in its place.
    if (!readMade(wanted)) throw error;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  removeOlder(folder, key);
  return readMade(wanted);
}

/** @returns Node's binary with the script inside */
async function withProgram({ binary, node, scratch, script }) {
  const file = (name) => path.join(scratch, name);
  writeFileSync(file("agent.cjs"), script);
  const settings = {
    main: file("agent.cjs"),
    output: file("agent.blob"),
    disableExperimentalSEAWarning: true,
    useCodeCache: true,
  };
  writeFileSync(file("sea.json"), JSON.stringify(settings));
  const done = spawnSync(node, ["--experimental-sea-config", file("sea.json")], { encoding: "utf8", env: {} });
  if (done.status !== 0) throw new Error(`Node could not prepare the program: ${done.stderr || done.error?.message}`);
  writeFileSync(file("agent"), binary);
  await inject(file("agent"), "NODE_SEA_BLOB", readFileSync(file("agent.blob")), { sentinelFuse: fuse });
  for (const name of ["agent.cjs", "agent.blob", "sea.json"]) rmSync(file(name));
  chmodSync(file("agent"), 0o755);
  return readFileSync(file("agent"));
}

function note(folder, program) {
  const packed = gzipSync(program, { level: gzipLevel });
  writeFileSync(path.join(folder, "agent.gz"), packed);
  const about = {
    sha256: createHash("sha256").update(program).digest("hex"),
    bytes: program.length,
    gzipBytes: packed.length,
  };
  writeFileSync(path.join(folder, "about.json"), JSON.stringify(about));
}

function readMade(folder) {
  try {
    const about = JSON.parse(readFileSync(path.join(folder, "about.json"), "utf8"));
    return { path: path.join(folder, "agent"), gzipPath: path.join(folder, "agent.gz"), ...about };
  } catch {
    return undefined;
  }
}

/** Those of earlier releases; a server that still reads one has it open. */
function removeOlder(folder, key) {
  for (const name of readdirSync(folder)) {
    if (name !== key && !name.startsWith("making-")) rmSync(path.join(folder, name), { recursive: true, force: true });
  }
}

if (import.meta.filename === process.argv[1] || process.argv[1]?.endsWith("agent-executable.mjs")) {
  try {
    const made = await buildAgentExecutable({ root: path.resolve(import.meta.dirname, "../..") });
    process.stdout.write(JSON.stringify(made));
  } catch (error) {
    process.stderr.write(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}
