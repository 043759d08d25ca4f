import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findInstalled } from "../../src/db/embedded/binaries.ts";
import { defaultDataDir } from "../../src/db/embedded/default-data-dir.ts";
import { EmbeddedPostgresError } from "../../src/db/embedded/embedded-error.ts";
import { postmasterPid } from "../../src/db/embedded/postmaster-file.ts";
import { isProcessAlive, processCommand } from "../../src/db/embedded/process-identity.ts";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "../../src/db/embedded/start-embedded.ts";
import type { EmbeddedExit } from "../../src/db/embedded/supervisor.ts";
import { silentLogger } from "../../src/platform/logger.ts";
import { copyFolder } from "../support/copy-folder.ts";
import { bundleHost, type HostProcess, startHost } from "../support/host-process.ts";
import { waitUntil } from "../support/wait-until.ts";

const isRoot = process.getuid?.() === 0;
const nobody = { uid: 65_534, gid: 65_534 };
const isLinux = process.platform === "linux";

let folder = "";
let hostScript = "";
let seed = "";
const running: EmbeddedPostgres[] = [];
const hosts: HostProcess[] = [];

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "pw-embedded-"));
  chmodSync(folder, 0o755);
  hostScript = await bundleHost();
  seed = path.join(folder, "seed");
  const first = await startEmbeddedPostgres({ dataDir: seed, logger: silentLogger, isDurable: false });
  expect(first.isNew).toBe(true);
  await first.stop();
});

afterAll(async () => {
  await Promise.all(running.map((server) => server.stop()));
  for (const host of hosts) host.child.kill("SIGKILL");
  await Promise.all(hosts.map((host) => host.exited));
  rmSync(folder, { recursive: true, force: true });
  rmSync(hostScript, { force: true });
});

function clusterOf(dataDir: string): string {
  return path.join(dataDir, "cluster");
}

/** A data folder with a complete, stopped database: a copy, because making one takes a second. */
function freshDataDir(name: string): string {
  const dataDir = path.join(folder, name);
  copyFolder(seed, dataDir);
  if (isRoot) chownTree(clusterOf(dataDir), clusterOf(seed));
  return dataDir;
}

function chownTree(to: string, like: string): void {
  const { uid, gid } = statSync(like);
  const entries = readdirSync(to, { recursive: true, encoding: "utf8" });
  for (const entry of ["", ...entries]) chownSync(path.join(to, entry), uid, gid);
}

async function start(dataDir: string): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ dataDir, logger: silentLogger, isDurable: false });
  running.push(server);
  return server;
}

async function host(args: readonly string[], as: { uid?: number; gid?: number } = {}): Promise<HostProcess> {
  const started = await startHost({ script: hostScript, args, ...as });
  hosts.push(started);
  return started;
}

async function query(connectionString: string, text: string): Promise<readonly unknown[]> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

async function refusal(dataDir: string): Promise<EmbeddedPostgresError> {
  const outcome = await start(dataDir).then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(outcome instanceof EmbeddedPostgresError)) throw new Error(`expected a refusal, got ${String(outcome)}`);
  return outcome;
}

function livePid(dataDir: string): number {
  const pid = postmasterPid(clusterOf(dataDir));
  if (pid === undefined || !isProcessAlive(pid)) throw new Error(`no postmaster runs on ${dataDir}`);
  return pid;
}

function socketFolderOf(started: HostProcess): string {
  return decodeURIComponent(new URL(started.message.connectionString ?? "").hostname);
}

function parentOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
}

describe("a start", () => {
  it("keeps the data of the start before, quickly, on a socket and on no port", async () => {
    const dataDir = freshDataDir("keeps");
    const first = await start(dataDir);
    await query(first.connectionString, "create table kept as select 7 as n");
    await first.stop();
    const beganMs = performance.now();
    const second = await start(dataDir);
    expect(performance.now() - beganMs).toBeLessThan(1000);
    expect(second.isNew).toBe(false);
    expect(await query(second.connectionString, "select n from kept")).toEqual([{ n: 7 }]);
    expect(await query(second.connectionString, "show listen_addresses")).toEqual([{ listen_addresses: "" }]);
    await second.stop();
    expect(postmasterPid(clusterOf(dataDir))).toBeUndefined();
    await second.stop();
  });

  it("flushes to disk unless a test says otherwise", async () => {
    const server = await startEmbeddedPostgres({ dataDir: freshDataDir("durable"), logger: silentLogger });
    running.push(server);
    for (const name of ["fsync", "full_page_writes", "synchronous_commit"]) {
      expect(await query(server.connectionString, `show ${name}`)).toEqual([{ [name]: "on" }]);
    }
    await server.stop();
  });

  it("is refused while another one uses the folder, and works after that one stopped", async () => {
    const dataDir = freshDataDir("twice");
    const first = await start(dataDir);
    expect((await refusal(dataDir)).code).toBe("data_dir_in_use");
    expect((await host([dataDir])).message).toMatchObject({ kind: "error", code: "data_dir_in_use" });
    expect(await query(first.connectionString, "select 1 as n")).toEqual([{ n: 1 }]);
    await first.stop();
    await (await start(dataDir)).stop();
  });

  it("gets over what a killed start left: half a cluster, a dead lock, a process id that is now a stranger's", async () => {
    const dataDir = freshDataDir("leftovers");
    mkdirSync(path.join(dataDir, "cluster.draft"));
    writeFileSync(path.join(dataDir, "cluster.draft", "half"), "");
    writeFileSync(path.join(dataDir, "host.lock"), JSON.stringify({ pid: process.pid, stamp: "of another boot" }));
    writeFileSync(path.join(clusterOf(dataDir), "postmaster.pid"), `${process.pid}\n${clusterOf(dataDir)}\n`);
    await (await start(dataDir)).stop();
    writeFileSync(path.join(dataDir, "host.lock"), "torn wri");
    await (await start(dataDir)).stop();
    expect(isProcessAlive(process.pid)).toBe(true);
  });
});

describe("a postmaster.pid that a machine without power left unfinished", () => {
  it.each([
    ["empty", ""],
    ["cut off in the first line", "12"],
    ["full of zeros", "\0".repeat(64)],
    ["cut off before the shared memory", `999999\n/nowhere\n1800000000\n5432\n/tmp/pw-x\n`],
  ])("is no hindrance when it is %s", async (name, torn) => {
    const dataDir = freshDataDir(`torn-${name.replaceAll(" ", "-")}`);
    writeFileSync(path.join(clusterOf(dataDir), "postmaster.pid"), torn);
    const server = await start(dataDir);
    expect(await query(server.connectionString, "select 1 as n")).toEqual([{ n: 1 }]);
    await server.stop();
  });
});

describe("a killed process", () => {
  it("a host killed with SIGKILL leaves no postmaster behind", async () => {
    const dataDir = freshDataDir("host-killed");
    const killed = await host([dataDir]);
    const pid = livePid(dataDir);
    killed.child.kill("SIGKILL");
    await waitUntil("the postmaster to end", () => !isProcessAlive(pid));
    await waitUntil("the socket folder to be removed", () => !existsSync(socketFolderOf(killed)));
    await (await start(dataDir)).stop();
  });

  it.runIf(isLinux)(
    "a postmaster left by a killed host and a killed watcher is stopped by the next start",
    async () => {
      const dataDir = freshDataDir("both-killed");
      const killed = await host([dataDir]);
      await query(killed.message.connectionString ?? "", "create table kept as select 8 as n");
      const pid = livePid(dataDir);
      process.kill(parentOf(pid), "SIGKILL");
      killed.child.kill("SIGKILL");
      await killed.exited;
      expect(isProcessAlive(pid)).toBe(true);
      const server = await start(dataDir);
      expect(isProcessAlive(pid)).toBe(false);
      expect(await query(server.connectionString, "select n from kept")).toEqual([{ n: 8 }]);
      await server.stop();
    },
  );

  it.each(["postmaster", "watcher"])("a killed %s is restarted, and the pool finds its way back", async (victim) => {
    if (victim === "watcher" && !isLinux) return;
    const dataDir = freshDataDir(`killed-${victim}`);
    const server = await start(dataDir);
    const pool = new pg.Pool({ ...server.connection, max: 2 });
    pool.on("error", () => {});
    await pool.query("create table kept as select 9 as n");
    await pool.query("checkpoint");
    const seen: EmbeddedExit["kind"][] = [];
    server.onExit((exit) => seen.push(exit.kind));
    const pid = livePid(dataDir);
    process.kill(victim === "postmaster" ? pid : parentOf(pid), "SIGKILL");
    await waitUntil("the restart", () => seen.includes("restarted"));
    expect(seen).toEqual(expect.arrayContaining(["restarting", "restarted"]));
    expect(seen).not.toContain("gave_up");
    const rows = await waitUntil("a connection", () =>
      pool.query("select n from kept").then(
        (found) => found.rows,
        () => undefined,
      ),
    );
    expect(rows).toEqual([{ n: 9 }]);
    expect(livePid(dataDir)).not.toBe(pid);
    await pool.end();
    await server.stop();
    expect(isProcessAlive(pid)).toBe(false);
  });
});

describe("a data folder that cannot be used", () => {
  it("made by another major version is refused in both directions", async () => {
    const dataDir = freshDataDir("versions");
    const file = path.join(clusterOf(dataDir), "PG_VERSION");
    writeFileSync(file, "99\n");
    const newer = await refusal(dataDir);
    expect(newer.code).toBe("data_dir_newer");
    expect(newer.message).toContain("PostgreSQL 99");
    writeFileSync(file, "14\n");
    expect((await refusal(dataDir)).code).toBe("data_dir_older");
    writeFileSync(file, "garbage\n");
    expect((await refusal(dataDir)).code).toBe("data_dir_corrupt");
    writeFileSync(file, "18\n");
    await (await start(dataDir)).stop();
  });

  it("with a missing or destroyed control file is called damaged", async () => {
    const dataDir = freshDataDir("corrupt");
    const control = path.join(clusterOf(dataDir), "global/pg_control");
    const whole = readFileSync(control);
    writeFileSync(control, Buffer.alloc(whole.length, 0x5a));
    const destroyed = await refusal(dataDir);
    expect(destroyed.code).toBe("data_dir_corrupt");
    expect(destroyed.message).toContain("backup");
    rmSync(control);
    expect((await refusal(dataDir)).code).toBe("data_dir_corrupt");
    expect(postmasterPid(clusterOf(dataDir))).toBeUndefined();
  });

  it("that is a file, or below one, is refused as not writable", async () => {
    const file = path.join(folder, "file");
    writeFileSync(file, "");
    for (const dataDir of [file, path.join(file, "below")]) {
      expect((await refusal(dataDir)).code).toBe("data_dir_not_writable");
    }
  });
});

describe.runIf(isRoot)("users", () => {
  it("a server started by root runs as somebody else", async () => {
    const dataDir = freshDataDir("root");
    const server = await start(dataDir);
    expect(statSync(`/proc/${livePid(dataDir)}`).uid).not.toBe(0);
    expect(processCommand(livePid(dataDir))).toContain("listen_addresses=");
    await server.stop();
  });

  it("an ordinary user can run it from the first start on, and root later goes on as that user", async () => {
    const dataDir = path.join(folder, "ordinary");
    mkdirSync(dataDir, { mode: 0o755 });
    chownSync(dataDir, nobody.uid, nobody.gid);
    const own = await host([dataDir], nobody);
    expect(own.message).toMatchObject({ kind: "ready" });
    own.child.stdin?.write("stop");
    await own.exited;
    const server = await start(dataDir);
    expect(statSync(`/proc/${livePid(dataDir)}`).uid).toBe(nobody.uid);
    await server.stop();
    rmSync(path.join(dataDir, "password"));
    await (await start(dataDir)).stop();
    const back = await host([dataDir], nobody);
    expect(back.message, "also with a password that root has made").toMatchObject({ kind: "ready" });
  });

  it("an ordinary user is refused a folder without write permission, and another's database", async () => {
    const closed = path.join(folder, "closed");
    mkdirSync(closed, { mode: 0o755 });
    expect((await host([path.join(closed, "data")], nobody)).message.code).toBe("data_dir_not_writable");
    const others = freshDataDir("others");
    chmodSync(others, 0o777);
    expect((await host([others], nobody)).message.code).toBe("data_dir_owner");
  });

  it("a folder below a closed one is refused when it was chosen, and replaced when it is the default", async () => {
    const secret = path.join(folder, "secret");
    mkdirSync(secret, { mode: 0o700 });
    const refused = await refusal(path.join(secret, "data"));
    expect(refused.code).toBe("data_dir_unreachable");
    expect(refused.message).toContain(secret);
    const shared = path.join(folder, "shared");
    const chosen = defaultDataDir(path.join(secret, "data"), shared);
    expect(chosen.dataDir.startsWith(shared)).toBe(true);
    expect(chosen.movedBecause).toContain(secret);
    expect(defaultDataDir(path.join(folder, "open"), shared)).toEqual({ dataDir: path.join(folder, "open") });
  });

  it("binaries that the account cannot reach or link are copied into the data folder", async () => {
    const install = path.join(folder, "install");
    mkdirSync(install, { mode: 0o700 });
    cpSync(findInstalled(), path.join(install, "native"), {
      recursive: true,
      filter: (source) => !/\.so$|\.so\.\d+$/.test(source) || !lstatSync(source).isSymbolicLink(),
    });
    cpSync(path.join(findInstalled(), "../package.json"), path.join(install, "package.json"));
    const binariesDir = path.join(install, "native");
    const dataDir = freshDataDir("copied");
    const unreachable = await startEmbeddedPostgres({ dataDir, binariesDir, logger: silentLogger, isDurable: false });
    running.push(unreachable);
    expect(processCommand(livePid(dataDir))).toContain(dataDir);
    await unreachable.stop();

    for (const name of ["libicuuc.so.60", "libpq.so.5"]) rmSync(path.join(binariesDir, "lib", name), { force: true });
    chmodSync(install, 0o755);
    const readOnly = path.join(folder, "read-only");
    mkdirSync(readOnly);
    chownSync(readOnly, nobody.uid, nobody.gid);
    expect((await host([readOnly, binariesDir], nobody)).message).toMatchObject({ kind: "ready" });
    expect(processCommand(livePid(readOnly))).toContain(`${readOnly}/native-`);
  });
});

describe("binaries", () => {
  it("a platform without binaries, or binaries that were not installed, are refused with the way out", () => {
    const errorOf = (platform: string): unknown => {
      try {
        return findInstalled(platform);
      } catch (error) {
        return error;
      }
    };
    expect(errorOf("sunos-sparc")).toMatchObject({
      code: "unsupported_platform",
      message: expect.stringContaining("--pg-url"),
    });
    const foreign = isLinux ? "darwin-arm64" : "linux-x64";
    expect(errorOf(foreign)).toMatchObject({ code: "binaries_missing", message: expect.stringContaining("npm ci") });
  });
});

describe("the database's password", () => {
  const trusting = "local all all trust\n";
  const passwordOf = (dataDir: string): string => readFileSync(path.join(dataDir, "password"), "utf8").trim();
  const rulesOf = (dataDir: string): string => path.join(clusterOf(dataDir), "pg_hba.conf");

  /** What a connection without the right password is told. */
  async function refused(server: EmbeddedPostgres, password: string): Promise<string | undefined> {
    const client = new pg.Client({ ...server.connection, password });
    try {
      await client.connect();
      return undefined;
    } catch (error) {
      return (error as { code?: string }).code;
    } finally {
      await client.end();
    }
  }

  it("is asked for, kept for the server's account alone, and stays", async () => {
    const dataDir = freshDataDir("password");
    const server = await start(dataDir);
    expect(statSync(path.join(dataDir, "password")).mode & 0o777).toBe(0o600);
    expect(await refused(server, "a guess")).toBe("28P01");
    expect(await query(server.connectionString, "select 1 as n")).toEqual([{ n: 1 }]);
    await server.stop();
    const password = passwordOf(dataDir);
    const again = await start(dataDir);
    expect(passwordOf(dataDir)).toBe(password);
    expect(await query(again.connectionString, "select 1 as n")).toEqual([{ n: 1 }]);
  });

  it("is given to a data folder of a release that trusted everybody, whose data stays", async () => {
    const dataDir = freshDataDir("trusting");
    const first = await start(dataDir);
    await query(first.connectionString, "create table kept as select 9 as n");
    await query(first.connectionString, "alter role prewarm password null");
    await first.stop();
    writeFileSync(rulesOf(dataDir), trusting);
    rmSync(path.join(dataDir, "password"));
    const server = await start(dataDir);
    expect(await refused(server, "a guess")).toBe("28P01");
    expect(await query(server.connectionString, "select n from kept")).toEqual([{ n: 9 }]);
  });

  it("is made anew where it was lost, or was not finished when the server was killed", async () => {
    const dataDir = freshDataDir("lost-password");
    const before = passwordOf(dataDir);
    for (const lose of [
      () => rmSync(path.join(dataDir, "password")),
      () => writeFileSync(path.join(dataDir, "password"), ""),
      () => writeFileSync(rulesOf(dataDir), trusting),
    ]) {
      lose();
      const server = await start(dataDir);
      expect(await query(server.connectionString, "select 1 as n")).toEqual([{ n: 1 }]);
      expect(await refused(server, before)).toBe("28P01");
      await server.stop();
    }
  });

  it("is given also after a crash, from which the database recovers first", async () => {
    const dataDir = freshDataDir("password-after-crash");
    const killed = await host([dataDir]);
    await query(killed.message.connectionString ?? "", "create table kept as select 8 as n");
    await query(killed.message.connectionString ?? "", "checkpoint");
    process.kill(livePid(dataDir), "SIGKILL");
    killed.child.kill("SIGKILL");
    await killed.exited;
    rmSync(path.join(dataDir, "password"));
    const server = await start(dataDir);
    expect(await query(server.connectionString, "select n from kept")).toEqual([{ n: 8 }]);
  });
});
