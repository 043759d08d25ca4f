// What editors do over SSH, command for command, by the real client of OpenSSH, in words of our own.
import { type ChildProcess, spawnSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { freePorts } from "../../chaos/system/free-port.ts";
import { claimDev } from "../support/claimed-workspace.ts";
import { OpenSshClient } from "../support/openssh-client.ts";
import { type ServerUnit, SeveralServers } from "../support/several-servers.ts";
import { startSilentProxy, type SilentProxy } from "../support/silent-proxy.ts";
import { throughSocks } from "../support/socks.ts";
import { tarArchive } from "../support/tar-archive.ts";
import { waitUntil } from "../support/wait-until.ts";

const testLimitMs = 180_000;
const host = "prewarm.dev";

let system: SeveralServers;
let server: ServerUnit;
/** The network between the person's machine and the server. */
let network: SilentProxy;
let client: OpenSshClient;

beforeAll(async () => {
  system = await SeveralServers.start();
  server = await system.addServer("one");
  await claimDev(
    system,
    server,
    "driver: process\npresets: [ { name: one, prebuilds: { instances: 1 } } ]\nagents: [ { name: main } ]\n",
  );
  const { hostname, port } = new URL(server.url);
  network = await startSilentProxy(() => connect({ host: hostname, port: Number(port) }));
  client = new OpenSshClient({
    folder: system.folder,
    url: `http://${network.host}:${network.port}`,
    token: server.admin.token ?? "",
  });
  expect((await client.run("prewarm", ["config-ssh"])).code).toBe(0);
}, testLimitMs);
afterAll(async () => {
  await network?.close();
  await system.close();
}, testLimitMs);

const sha = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");

/** Ends with the test what was to outlive its connection. */
function endAfterwards(pid: string): void {
  if (!/^[1-9]\d+$/.test(pid)) throw new Error(`"${pid}" is no process`);
  onTestFinished(() => {
    process.kill(Number(pid), "SIGTERM");
  });
}

/** A program that answers each line with itself and its process, on a port and on a socket. */
const serverProgram = `const { createServer } = require("node:net");
const { writeFileSync } = require("node:fs");
const answer = (socket) => socket.on("error", () => undefined).on("data", (line) => socket.write(process.pid + " " + line));
createServer(answer).listen(process.argv[2], () => {
  const server = createServer(answer).listen(0, "127.0.0.1", () => {
    writeFileSync("pid", String(process.pid));
    writeFileSync("port", String(server.address().port));
  });
});
`;

/** What an editor has to download, at an address that the workspace reaches. */
async function downloadUrl(): Promise<string> {
  const archive = tarArchive([
    { path: "server/", type: "Directory", mode: 0o755 },
    { path: "server/main.cjs", content: serverProgram },
    { path: "server/run", content: `#!/bin/sh\nexec "${process.execPath}" main.cjs "$1"\n`, mode: 0o755 },
  ]);
  const downloads = createServer((_, response) => response.end(archive));
  await new Promise<void>((resolve) => downloads.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void downloads.close());
  return `http://127.0.0.1:${(downloads.address() as AddressInfo).port}/server.tar.gz`;
}

/** As it comes to the shell's standard input: it finds what runs, else it installs and starts it, and tells the port. */
const installScript = (url: string): string => `
set -u
echo "start-$0"
uname -sm
if [ -r /etc/os-release ]; then . /etc/os-release; echo "os:$ID"; fi
mkdir -p "$HOME/.editor-server" && cd "$HOME/.editor-server" || exit 31
if [ -f server/pid ] && kill -0 "$(cat server/pid)" 2>/dev/null; then
  echo "found:$(cat server/pid)"
else
  if command -v curl >/dev/null; then curl -fsSL -o got.tar.gz '${url}'; else wget -qO got.tar.gz '${url}'; fi || exit 32
  tar -xzf got.tar.gz || exit 33
  cd server
  # Not in the home, whose path may be too long for a socket.
  socket="$(mktemp -d)/socket" && echo "$socket" > socket-path
  if command -v setsid >/dev/null; then setsid ./run "$socket" >log 2>&1 </dev/null & else nohup ./run "$socket" >log 2>&1 </dev/null & fi
  cd ..
  tries=0
  while [ ! -s server/port ] && [ $tries -lt 100 ]; do sleep 0.1; tries=$((tries+1)); done
  echo "installed:$(cat server/pid)"
fi
[ -s server/port ] || cat server/log >&2
echo "listening:$(cat server/port)"
echo "socket:$(cat server/socket-path)"
`;

interface Connected {
  readonly child: ChildProcess;
  readonly proxyPort: number;
  readonly told: string;
  /** What the script has said of a matter. */
  of(word: string): string;
}

/** An editor of VS Code's family connects: a shell without a name that reads a script, and a SOCKS proxy beside it. */
async function connectEditor(url: string): Promise<Connected> {
  const [proxyPort = 0] = await freePorts(1);
  const child = client.begin("ssh", ["-T", "-D", String(proxyPort), "-o", "ConnectTimeout=60", host, "bash"]);
  onTestFinished(() => void child.kill());
  let told = "";
  child.stdout?.on("data", (piece: Buffer) => (told += piece.toString()));
  let trouble = "";
  child.stderr?.on("data", (piece: Buffer) => {
    trouble += piece.toString();
  });
  // The input stays open: the connection is held by it.
  child.stdin?.write(installScript(url));
  await waitUntil(
    "the script has come to its end",
    () => {
      if (trouble !== "") throw new Error(trouble + told);
      if (child.exitCode !== null) throw new Error(`ssh ended with ${child.exitCode}: ${trouble}${told}`);
      return told.includes("socket:/");
    },
    60_000,
  );
  const of = (word: string): string => new RegExp(`^${word}:(.*)$`, "m").exec(told)?.[1] ?? "";
  return { child, proxyPort, told, of };
}

/** Says a line, and hears it back with the process that answered. */
async function ask(socket: Socket, line: string): Promise<string> {
  const wanted = ` ${line}`;
  let came = "";
  await new Promise<void>((resolve, reject) => {
    socket.on("data", (piece: Buffer) => {
      came += piece.toString();
      if (came.endsWith(wanted)) resolve();
    });
    socket
      .once("error", reject)
      .once("close", () => reject(new Error(`closed after ${JSON.stringify(came)} for ${JSON.stringify(line)}`)));
    socket.write(line);
  });
  return came.slice(0, -wanted.length);
}

async function askOnce(connected: Connected, line: string): Promise<string> {
  const socket = await throughSocks(connected.proxyPort, Number(connected.of("listening")));
  try {
    return await ask(socket, line);
  } finally {
    socket.removeAllListeners("close").destroy();
  }
}

test(
  "VS Code's way: a script on the shell's input installs a server that outlives the connection, and is found again",
  async () => {
    const url = await downloadUrl();
    const first = await connectEditor(url);
    expect(first.told).toMatch(/^start-bash\nLinux \S+\nos:\S+\n/);
    const pid = first.of("installed");
    endAfterwards(pid);
    onTestFinished(() => rmSync(path.dirname(first.of("socket")), { recursive: true, force: true }));
    // Its window opens dozens of connections at once.
    const lines = Array.from({ length: 40 }, (_, nth) => `line ${nth}\n`);
    expect(await Promise.all(lines.map((line) => askOnce(first, line)))).toEqual(lines.map(() => pid));

    // The network is cut: what is open goes on, and nothing was lost.
    const held = await throughSocks(first.proxyPort, Number(first.of("listening")));
    expect(await ask(held, "before\n")).toBe(pid);
    network.cut();
    held.removeAllListeners("data").removeAllListeners("close");
    expect(await ask(held, "after\n")).toBe(pid);

    // The laptop is closed for good, and another connection comes.
    first.child.kill("SIGKILL");
    const second = await connectEditor(url);
    expect([second.of("found"), second.of("installed")]).toEqual([pid, ""]);
    expect(await askOnce(second, "again\n")).toBe(pid);

    // The way of the newer ones: a socket instead of a port.
    const local = path.join(system.folder, "editor-socket");
    const forward = client.begin("ssh", ["-T", "-N", "-L", `${local}:${second.of("socket")}`, host]);
    onTestFinished(() => void forward.kill());
    await waitUntil("the socket leads there", async () => {
      const socket = connect({ path: local });
      const answered = await ask(socket, "socket\n").catch(() => undefined);
      socket.removeAllListeners("close").destroy();
      return answered === pid || undefined;
    });
  },
  testLimitMs,
);

test(
  "JetBrains' way: parallel connections, login shells with a marker, uploads by SFTP and by cat, a port of the host process",
  async () => {
    const marked = (script: string): string => `/bin/bash -lc 'echo MARKER-7 && ${script}'`;
    const asked = [
      "uname -sm",
      marked("id -u"),
      marked("exit 3"),
      "echo $HOME",
      marked("mkdir -p ~/.cache/JetBrains/RemoteDev"),
    ];
    const answers = await Promise.all(asked.map((command) => client.run("ssh", [host, command])));
    expect(answers.map(({ code, stderr }) => [code, stderr])).toEqual([0, 0, 3, 0, 0].map((code) => [code, ""]));
    expect(answers[0]?.stdout).toMatch(/^Linux /);
    expect(answers[1]?.stdout).toMatch(/MARKER-7\n\d+\n$/);
    const home = answers[3]?.stdout.trim() ?? "";

    const worker = randomBytes(6_000_000);
    const file = path.join(system.folder, "worker");
    writeFileSync(file, worker);
    const folder = ".cache/JetBrains/RemoteDev";
    const [byCat, bySftp] = await Promise.all([
      client.run("ssh", [host, `cat > ~/${folder}/by-cat && chmod +x ~/${folder}/by-cat`], { input: worker }),
      client.run("sftp", ["-b", "-", host], { input: `put ${file} ${folder}/by-sftp\nchmod 755 ${folder}/by-sftp\n` }),
    ]);
    expect([byCat.code, bySftp.code]).toEqual([0, 0]);
    for (const name of ["by-cat", "by-sftp"]) {
      const stored = path.join(home, folder, name);
      expect([name, sha(readFileSync(stored))]).toEqual([name, sha(worker)]);
    }

    // The host process tells where it listens, on the output of a command that stays.
    const program = `const server = require("node:net").createServer((s) => s.end("joined")).listen(0, "127.0.0.1", () => console.log("joinLink tcp://127.0.0.1:" + server.address().port)); process.stdin.resume().on("end", () => process.exit())`;
    await client.run("ssh", [host, `cat > ~/${folder}/host.cjs`], { input: program });
    const running = client.begin("ssh", [host, `/bin/bash -lc '"${process.execPath}" ~/${folder}/host.cjs'`]);
    onTestFinished(() => void running.kill());
    let link = "";
    running.stdout?.on("data", (piece: Buffer) => (link += piece.toString()));
    const port = await waitUntil("it has told its link", () => /joinLink tcp:\/\/127\.0\.0\.1:(\d+)/.exec(link)?.[1]);
    const [local = 0] = await freePorts(1);
    const forward = client.begin("ssh", ["-N", "-L", `${local}:127.0.0.1:${port}`, host]);
    onTestFinished(() => void forward.kill());
    const joined = async (): Promise<string> => {
      const socket = connect(local, "127.0.0.1");
      let came = "";
      socket.on("data", (piece: Buffer) => (came += piece.toString()));
      await new Promise((resolve) => socket.once("close", resolve).once("error", () => undefined));
      return came;
    };
    await waitUntil("the port leads there", async () => (await joined()) === "joined");
    running.stdin?.end();
    await waitUntil("it ends with its input", () => running.exitCode === 0);
  },
  testLimitMs,
);

test(
  "the person's own keys are lent for as long as the connection is there",
  async () => {
    const started = spawnSync("ssh-agent", ["-s"], { encoding: "utf8" }).stdout;
    const variable = (name: string): string => new RegExp(`${name}=([^;]+);`).exec(started)?.[1] ?? "";
    const env = { SSH_AUTH_SOCK: variable("SSH_AUTH_SOCK") };
    endAfterwards(variable("SSH_AGENT_PID"));
    const key = path.join(system.folder, "own-key");
    spawnSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "lent key", "-f", key]);
    spawnSync("ssh-add", ["-q", key], { env: { ...client.env, ...env } });
    const lent = await client.run("ssh", ["-A", host, "ssh-add -l"], { env });
    expect(lent).toMatchObject({ code: 0, stderr: "" });
    expect(lent.stdout).toContain("lent key");
    expect((await client.run("ssh", [host, "ssh-add -l"], { env })).stdout).not.toContain("lent key");
  },
  testLimitMs,
);

test(
  "Zed's way: one master connection, an upload of 25 MB by SFTP, and the program that it unpacks speaks over a channel",
  async () => {
    // A path of a socket has to be short.
    const control = path.join(system.folder, "zed");
    const master = client.begin("ssh", [
      "-N",
      "-o",
      "ControlMaster=yes",
      "-o",
      "ControlPersist=no",
      "-S",
      control,
      host,
    ]);
    onTestFinished(() => void master.kill());
    const over = ["-o", "ControlMaster=no", "-o", `ControlPath=${control}`];
    await waitUntil(
      "the master is there",
      async () => (await client.run("ssh", [...over, "-O", "check", host])).code === 0,
    );
    expect((await client.run("ssh", [...over, host, "uname -sm"])).stdout).toMatch(/^Linux /);
    expect(await client.run("ssh", [...over, host, "mkdir -p .zed_server"])).toMatchObject({ code: 0 });

    const program = Buffer.concat([
      Buffer.from("#!/bin/sh\nexec cat\n#"),
      Buffer.from(randomBytes(25_000_000).toString("hex")),
    ]);
    const packed = gzipSync(program, { level: 1 });
    expect(packed.length).toBeGreaterThan(25_000_000);
    const file = path.join(system.folder, "remote-server.gz");
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, packed);
    const put = `put ${file} .zed_server/server-1.gz.part\nrename .zed_server/server-1.gz.part .zed_server/server-1.gz\n`;
    expect(await client.run("sftp", [...over, "-b", "-", host], { input: put })).toMatchObject({ code: 0 });
    const unpack =
      "gunzip -f .zed_server/server-1.gz && chmod 755 .zed_server/server-1 && sha256sum < .zed_server/server-1";
    const unpacked = await client.run("ssh", [...over, host, unpack]);
    expect([unpacked.code, unpacked.stdout.split(" ")[0]]).toEqual([0, sha(program)]);
    const spoken = await client.run("ssh", [...over, host, "exec .zed_server/server-1 proxy"], {
      input: "hello over it",
    });
    expect(spoken).toMatchObject({ code: 0, stdout: "hello over it" });
    await client.run("ssh", [...over, "-O", "exit", host]);
  },
  testLimitMs,
);
