// Tells whether a build is up to date, from names, sizes and times of its sources: some milliseconds for a thousand
// files, where reading them would cost ten times as much at every start.
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";

const always = ["package.json", "package-lock.json", "tsconfig.base.json", "tools/build.mjs", "tools/build", "src"];

/** What each target of tools/build.mjs is made from. */
const inputs = {
  product: always,
  bench: [...always, "bench", "test/support"],
  chaos: [...always, "chaos", "mutations"],
  mutations: [...always, "mutations"],
  dashboard: [
    "package-lock.json",
    "tools/build/dashboard.mjs",
    "tools/build/page-scripts.mjs",
    "src/dashboard",
    "src/contracts",
  ],
};

/** @returns the fingerprint of the named files and folders; those that do not exist count as such */
export function fingerprint(root, names) {
  const hash = createHash("sha256");
  hash.update(process.versions.node.split(".")[0] ?? "");
  const add = (name) => {
    const stats = statSync(path.join(root, name), { throwIfNoEntry: false });
    if (stats?.isDirectory()) {
      for (const entry of readdirSync(path.join(root, name)).sort()) add(`${name}/${entry}`);
    } else {
      hash.update(`${name}\0${stats?.size ?? -1}\0${stats?.mtimeMs ?? -1}\n`);
    }
  };
  for (const name of names) add(name);
  return hash.digest("hex");
}

const stampFile = (root, target) => path.join(root, "dist", `.built-${target}`);

export function isBuilt(root, target) {
  try {
    return readFileSync(stampFile(root, target), "utf8") === fingerprint(root, inputs[target]);
  } catch {
    return false;
  }
}

/** To be taken before a build, so that an edit during it is not lost, and handed to `noteBuilt` after it. */
export function fingerprintsOf(root, targets) {
  return targets.map((target) => ({ target, value: fingerprint(root, inputs[target]) }));
}

export function noteBuilt(root, fingerprints) {
  mkdirSync(path.join(root, "dist"), { recursive: true });
  for (const { target, value } of fingerprints) writeFileSync(stampFile(root, target), value);
}
