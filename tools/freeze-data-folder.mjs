// Keeps the data folder of one release as a fixture: `node tools/freeze-data-folder.mjs COMMIT`, once for each release.
//
// The release is installed and built from its commit, with its own packages, and started on an empty folder. People,
// templates, pools and workspaces are made in it, it is stopped, and what it leaves goes to
// test/upgrade/frozen/schema-<number>/:
//   backup.prewarm   its own `db export`
//   files.tar.gz     its data folder without the database
//   facts.json       what was made, with the passwords and the token, for the test to find again
// test/upgrade/frozen-folders.test.ts upgrades each of them.
import { spawn, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { buildRelease } from "./build-release.mjs";

const root = path.resolve(import.meta.dirname, "..");
const startLimitMs = 60_000;
const waitLimitMs = 120_000;
const lookMs = 500;
/** Of a migration, NNNN_words. */
const numberLength = 4;
const password = "correct horse battery";

/** Since then a pool's template needs an agent; before it, one without any made prebuilds that were never ready. */
const agentsNeededSince = "0016";

const manifests = (schema) => ({
  steady: `driver: fake
agents: ${schema < agentsNeededSince ? "[]" : "[{ name: main }]"}
parameters: [{ name: region, type: string, default: eu }]
presets:
  - { name: small, parameters: { region: eu }, prebuilds: { instances: 2 } }
`,
  broken: `driver: fake
fake: { fail: start }
agents: [{ name: main }]
presets: [{ name: small, prebuilds: { instances: 1 } }]
`,
});

function run(folder, program, args, options = {}) {
  const done = spawnSync(program, args, { cwd: folder, encoding: "utf8", maxBuffer: 64 << 20, ...options });
  if (done.status === 0) return done.stdout;
  throw new Error(`\`${program} ${args.join(" ")}\` ended with ${done.status}:\n${done.stdout}${done.stderr}`);
}

async function waitUntil(what, look, limitMs = waitLimitMs) {
  const endMs = performance.now() + limitMs;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (performance.now() > endMs) throw new Error(`waited ${limitMs} ms in vain for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, lookMs));
  }
}

/** Ends the processes of workspaces, which go on when their server stops: as if the machine had been restarted. */
function endProcessesOf(folder) {
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
    try {
      const said = readFileSync(`/proc/${name}/environ`, "utf8") + readFileSync(`/proc/${name}/cmdline`, "utf8");
      if (said.includes(folder)) process.kill(Number(name), "SIGKILL");
    } catch {
      // It has ended meanwhile, or is another account's.
    }
  }
}

async function startServer(release, dataDir) {
  const child = spawn(process.execPath, [path.join(release, "bin/prewarm"), "server"], {
    env: {
      PATH: process.env["PATH"],
      PREWARM_DATA_DIR: dataDir,
      PREWARM_HTTP_PORT: "0",
      PREWARM_ADMIN_PASSWORD: password,
      PREWARM_PROVISIONER_DRIVERS: "process,fake",
      PREWARM_PREBUILDS_BACKOFF_INTERVAL: "1s",
      PREWARM_PREBUILDS_RECONCILIATION_INTERVAL: "1s",
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (output += String(data)));
  const exited = new Promise((resolve) => child.once("close", resolve));
  const url = await waitUntil("the server is ready", () => /ready at (\S+)/.exec(output)?.[1], startLimitMs);
  return {
    url,
    stop: async () => {
      child.kill("SIGTERM");
      if ((await exited) !== 0) throw new Error(`the server ended badly: ${output}`);
    },
  };
}

/** The release's own command line, as one person. */
function commandLine(release, configDir, url) {
  const env = { PATH: process.env["PATH"], PREWARM_CONFIG_DIR: configDir, PREWARM_URL: url, NO_COLOR: "1" };
  const prewarm = (words, input = "") =>
    run(release, process.execPath, [path.join(release, "bin/prewarm"), ...words], { env, input });
  return { prewarm, json: (words, input) => JSON.parse(prewarm([...words, "--json"], input)) };
}

async function fill({ release, schema, scratch, url }) {
  const admin = commandLine(release, path.join(scratch, "admin"), url);
  const alice = commandLine(release, path.join(scratch, "alice"), url);
  admin.prewarm(["login", url, "--username", "admin", "--password-stdin"], `${password}\n`);
  admin.prewarm(["users", "create", "alice", "--password-stdin"], `${password}\n`);
  alice.prewarm(["login", url, "--username", "alice", "--password-stdin"], `${password}\n`);
  const token = admin.prewarm(["tokens", "create", "kept", "--lifetime-days", "365"]).trim();
  for (const [name, manifest] of Object.entries(manifests(schema))) {
    const source = path.join(scratch, name);
    mkdirSync(source);
    writeFileSync(path.join(source, "template.yaml"), manifest);
    admin.prewarm(["templates", "push", source, "--name", name]);
  }
  const pools = () => admin.json(["prebuilds", "list"]).pools;
  const isMade = (name) => pools().some((pool) => pool.template === name && pool.actual >= 2 && pool.starting === 0);
  const isReady = (name) => pools().some((pool) => pool.template === name && pool.eligible >= 2);
  await waitUntil("the pools are full", () => isMade("steady") && isReady("starter"));
  for (const { person, name } of [
    { person: admin, name: "dev" },
    { person: alice, name: "hers" },
  ]) {
    person.prewarm(["create", name, "--template", "starter"]);
    person.prewarm(["exec", name, "--", "sh", "-c", `echo ${name} > kept.txt`]);
  }
  admin.prewarm(["stop", "dev"]);
  await waitUntil(
    "the broken pool has given up",
    () =>
      admin.json(["jobs", "list", "--template", "broken"]).jobs.filter((job) => job.status === "failed").length >= 3,
  );
  await waitUntil("the pools are full again", () => isMade("steady") && isReady("starter"));
  return { token, password };
}

const commit = run(root, "git", ["rev-parse", process.argv[2] ?? "HEAD"]).trim();
const scratch = mkdtempSync(path.join(tmpdir(), "prewarm-freeze-"));
chmodSync(scratch, 0o755);
try {
  const release = path.join(scratch, "release");
  console.log(`building ${commit}`);
  buildRelease({ root, commit, folder: release });
  const migrations = readdirSync(path.join(release, "migrations")).filter((file) => file.endsWith(".sql"));
  const schema = path.basename(migrations.toSorted().at(-1) ?? "", ".sql");
  const dataDir = path.join(scratch, "data");
  const server = await startServer(release, dataDir);
  console.log("filling it");
  let facts;
  try {
    facts = await fill({ release, schema, scratch, url: server.url });
  } finally {
    await server.stop();
    endProcessesOf(scratch);
  }
  const backup = path.join(scratch, "backup.prewarm");
  const transfer = ["bin/prewarm", "db", "export", backup, "--data-dir", dataDir];
  run(release, process.execPath, transfer, { env: { PATH: process.env["PATH"] } });
  const target = path.join(root, "test/upgrade/frozen", `schema-${schema.slice(0, numberLength)}`);
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  run(root, "cp", [backup, target]);
  run(dataDir, "tar", ["-czf", path.join(target, "files.tar.gz"), "--exclude", "./postgres", "."]);
  writeFileSync(path.join(target, "facts.json"), `${JSON.stringify({ commit, schema, ...facts }, null, 2)}\n`);
  console.log(`kept in ${path.relative(root, target)}`);
} finally {
  endProcessesOf(scratch);
  rmSync(scratch, { recursive: true, force: true, maxRetries: 5 });
}
