// Installs the dependencies where they are missing or differ from the lock file.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

const stampFile = (root) => path.join(root, "node_modules/.prewarm-install");

/** Parts of package.json that decide what npm installs: an edited script shall not cost an installation. */
const installedFrom = ["dependencies", "devDependencies", "optionalDependencies", "overrides"];

function wantedStamp(root) {
  const about = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"));
  const hash = createHash("sha256");
  hash.update(JSON.stringify(installedFrom.map((part) => about[part])));
  hash.update(readFileSync(path.join(root, "package-lock.json")));
  hash.update(`${process.versions.node.split(".")[0]} ${process.platform} ${process.arch}`);
  return hash.digest("hex");
}

function readStamp(root) {
  return existsSync(stampFile(root)) ? readFileSync(stampFile(root), "utf8") : undefined;
}

function writeStamp(root) {
  try {
    writeFileSync(stampFile(root), wantedStamp(root));
  } catch {
    // A read-only installation works as well; it is only compared in full at each start.
  }
}

/**
 * Whether npm's own record of what it installed agrees with the lock file, so that whoever ran `npm ci` by hand does
 * not install twice. Optional packages are those of other platforms too, and are not asked for.
 * @returns {boolean}
 */
export function agrees(lock, installed) {
  return Object.entries(lock.packages).every(
    ([name, wanted]) => name === "" || wanted.optional || installed.packages?.[name]?.version === wanted.version,
  );
}

function isInstalledByHand(root) {
  const record = path.join(root, "node_modules/.package-lock.json");
  if (readStamp(root) !== undefined || !existsSync(record)) return false;
  const read = (file) => JSON.parse(readFileSync(file, "utf8"));
  return agrees(read(path.join(root, "package-lock.json")), read(record));
}

/** npm as the one that started us, else the one on the PATH. */
function npmCommand() {
  const started = process.env.npm_execpath;
  if (started && /npm-cli\.c?js$/.test(started)) return [process.execPath, started];
  return [process.platform === "win32" ? "npm.cmd" : "npm"];
}

/** @returns {string | undefined} what went wrong, and what to do */
export function ensureInstalled(root) {
  if (readStamp(root) === wantedStamp(root)) return undefined;
  if (isInstalledByHand(root)) {
    writeStamp(root);
    return undefined;
  }
  console.error("prewarm: installing the dependencies (once; needs your npm registry)…");
  const [program = "npm", ...before] = npmCommand();
  // Building needs the development dependencies, also where NODE_ENV says production.
  const args = [...before, "ci", "--include=dev", "--include=optional", "--no-audit", "--no-fund", "--loglevel=warn"];
  // npm's words go to standard error: standard output belongs to the command that comes after.
  const done = spawnSync(program, args, { cwd: root, stdio: ["ignore", 2, 2], shell: process.platform === "win32" });
  if (done.status === 0) {
    writeStamp(root);
    return undefined;
  }
  const why = done.error ? `npm could not be started (${done.error.message})` : `\`npm ci\` ended with ${done.status}`;
  return (
    `prewarm: installing the dependencies failed: ${why}; its own words are above.\n` +
    "Most often the npm registry cannot be reached (see `npm ping`, and `npm config get registry`), " +
    "or the disk is full.\nPut that right and run the same command again: it starts over from a clean state."
  );
}
