// Commands, shells and their ends, by the real client of OpenSSH.
import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openPty, type Pty } from "../../src/agent/pty/open-pty.ts";
import { SshBed } from "../support/ssh-bed.ts";
import { waitUntil } from "../support/wait-until.ts";

const mebibyte = 1_048_576;
const longMs = 300_000;

let bed: SshBed;
let handlesBefore = 0;
const open = (): number => process.getActiveResourcesInfo().filter((kind) => /TTY|ProcessWrap|Pipe/.test(kind)).length;

beforeAll(async () => {
  handlesBefore = open();
  bed = await SshBed.open();
});
afterAll(() => bed.close());

const terminal = ["-tt", "dev@127.0.0.1"];

/** Whether a process is there. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // What has ended and was not asked after is as good as gone.
    return !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
  } catch {
    return false;
  }
}

function writtenPid(name: string): number | undefined {
  const file = path.join(bed.home, name);
  const text = existsSync(file) ? readFileSync(file, "utf8").trim() : "";
  return text === "" ? undefined : Number(text);
}

test("both outputs, the exit code and the input of a command are its own, and it starts in the home", async () => {
  const ran = await bed.exec("pwd; cat; echo problem >&2; exit 7", { stdin: "from here" });
  expect(ran).toEqual({ code: 7, stdout: `${bed.home}\nfrom here`, stderr: "problem\n" });
});

test("a login in a terminal begins with the text of the template's file, and nothing else does", async () => {
  writeFileSync(path.join(bed.home, "motd"), "Mind the gap\nand the step\n");
  const login = (): Promise<{ readonly stdout: string }> => bed.ssh(terminal, { stdin: "exit\n" });
  expect((await login()).stdout).toMatch(/^Mind the gap\r\nand the step\r\n/);
  expect((await bed.ssh([...terminal, "echo by a command"])).stdout).toBe("by a command\r\n");
  expect((await bed.exec("echo without a terminal")).stdout).toBe("without a terminal\n");
  writeFileSync(path.join(bed.home, ".hushlogin"), "");
  expect((await login()).stdout).not.toContain("Mind the gap");
  for (const name of ["motd", ".hushlogin"]) rmSync(path.join(bed.home, name));
  expect((await login()).stdout).not.toContain("Mind the gap");
});

test(
  "every exit code comes back as it was, without a terminal and with one",
  async () => {
    const codes = Array.from({ length: 256 }, (_, code) => code);
    const master = ["-o", `ControlPath=${bed.folder}/codes`];
    const opened = bed.ssh([...master, "-M", "-N", "dev@127.0.0.1"]);
    await waitUntil("the master is there", () => existsSync(`${bed.folder}/codes`));
    const over = async (arguments_: readonly string[], code: number): Promise<number | null> =>
      (await bed.ssh([...master, ...arguments_, "dev@127.0.0.1", `exit ${code}`])).code;
    for (const kind of [[], ["-tt"]]) {
      const came: (number | null)[] = [];
      for (let from = 0; from < codes.length; from += 16) {
        came.push(...(await Promise.all(codes.slice(from, from + 16).map((code) => over(kind, code)))));
      }
      expect(came).toEqual(codes);
    }
    await bed.ssh([...master, "-O", "exit", "dev@127.0.0.1"]);
    await opened;
  },
  longMs,
);

test("a command that a signal ends is told as such, and so is one whose signal the protocol has no word for", async () => {
  const ended = await bed.ssh(["dev@127.0.0.1", "kill -TERM $$"], { settings: ["LogLevel=DEBUG2"] });
  expect(ended.code).toBe(255);
  expect(ended.stderr).toContain("exit-signal");
  expect((await bed.exec("kill -BUS $$")).code).toBe(128 + 7);
  expect((await bed.ssh([...terminal, "kill -TERM $$"])).code).toBe(255);
});

test("a shell is a login shell, starts in the workspace's folder, and ends with its input", async () => {
  const ran = await bed.ssh(["dev@127.0.0.1"], { stdin: "echo $0; pwd; exit 3\n" });
  expect(ran.code).toBe(3);
  expect(ran.stdout).toMatch(/^-\w+\n/);
  expect(ran.stdout).toContain(`${bed.home}/project\n`);
});

test("the environment is the workspace's and the client's, but not what loaders and the agent read", async () => {
  const wanted = ["LANG=C.UTF-8", "LD_PRELOAD=/nothing.so", "PREWARM_X=1", "FROM_CLIENT=a b"];
  const ran = await bed.ssh([...wanted.map((one) => `-oSetEnv="${one}"`), "dev@127.0.0.1", "env"]);
  // The client knows one SetEnv; several are given in one.
  const all = await bed.ssh([`-oSetEnv=${wanted.map((one) => `"${one}"`).join(" ")}`, "dev@127.0.0.1", "env"]);
  expect(ran.code).toBe(0);
  const lines = all.stdout.split("\n");
  expect(lines).toEqual(expect.arrayContaining(["FROM_WORKSPACE=yes", "FROM_CLIENT=a b", "LANG=C.UTF-8"]));
  expect(lines.filter((line) => /^(LD_|PREWARM_)/.test(line))).toEqual([]);
  for (const name of ["SHELL", "USER", "LOGNAME", "HOME", "SSH_CLIENT", "SSH_CONNECTION"]) {
    expect(all.stdout).toMatch(new RegExp(`^${name}=.+`, "m"));
  }
});

test("with a terminal there is its size, its kind and its name, and Ctrl+C interrupts", async () => {
  const ran = await bed.ssh(
    [...terminal, "test -t 0 && test -t 1 && tty && echo $SSH_TTY $TERM && stty size; exit 4"],
    {
      env: { TERM: "xterm-256color" },
    },
  );
  expect(ran.code).toBe(4);
  expect(ran.stdout).toMatch(/^(\/dev\/pts\/\d+)\r\n\1 xterm-256color\r\n24 80\r\n$/);
});

/** The client in a terminal of its own, as a person has it. */
function inTerminal(of: SshBed, args: readonly string[]): { readonly pty: Pty; readonly text: () => string } {
  const pty = openPty({
    file: "/usr/bin/ssh",
    args: [...of.options, "-p", String(of.port), ...args],
    cwd: of.folder,
    env: { PATH: process.env["PATH"] ?? "" },
    cols: 101,
    rows: 33,
    term: "xterm",
  });
  let came = "";
  pty.onData((bytes) => {
    came += bytes.toString();
  });
  return { pty, text: () => came };
}

test("in a person's terminal Ctrl+C interrupts, and the size follows that of the window", async () => {
  const command =
    "trap 'echo got it; stty size; exit 9' INT; trap 'stty size' WINCH; stty size; echo ready; while :; do sleep 0.1; done";
  const { pty, text } = inTerminal(bed, ["-t", "dev@127.0.0.1", command]);
  const ended = new Promise<number>((resolve) => pty.onExit(({ exitCode }) => resolve(exitCode)));
  await waitUntil("it runs", () => text().includes("ready"));
  expect(text()).toContain("33 101");
  pty.resize(77, 22);
  await waitUntil("the size has come", () => text().includes("22 77"));
  pty.write(Buffer.from("\u0003"));
  expect(await ended).toBe(9);
  expect(text()).toContain("got it");
});

test("the terminal erases and interrupts by the keys of the client's", async () => {
  const settings =
    "stty erase ^H intr ^X -echo; ssh " +
    [...bed.options, "-p", bed.port, "-t", "dev@127.0.0.1", "'stty -a'"].join(" ");
  const own = openPty({
    file: "/bin/sh",
    args: ["-c", settings],
    cwd: bed.folder,
    env: { PATH: process.env["PATH"] ?? "" },
    cols: 80,
    rows: 24,
    term: "xterm",
  });
  let came = "";
  own.onData((bytes) => {
    came += bytes.toString();
  });
  await new Promise((resolve) => own.onExit(resolve));
  expect(came).toMatch(/intr = \^X;.*erase = \^H;/);
  expect(came).toContain(" -echo ");
});

test("where there are no terminals one is refused, and the command goes on without", async () => {
  const open = (): never => {
    throw new Error("none");
  };
  const without = await SshBed.open({ terminals: { missing: "no library", open } });
  try {
    const { pty, text } = inTerminal(without, ["dev@127.0.0.1"]);
    pty.write(Buffer.from("test -t 0 || echo no''ne; exit 6\n"));
    expect(await new Promise<number>((resolve) => pty.onExit(({ exitCode }) => resolve(exitCode)))).toBe(6);
    expect(text()).toContain("none");
  } finally {
    await without.close();
  }
});

test("what runs in the background does not hold the session, and lives on though it writes", async () => {
  const began = performance.now();
  const ran = await bed.exec("(while sleep 0.05; do echo still; done) & echo $! > bg; echo started");
  expect(ran.stdout).toMatch(/^started\n/);
  expect(performance.now() - began).toBeLessThan(10_000);
  const pid = writtenPid("bg") ?? 0;
  // It has written often enough for a closed pipe to have ended it.
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(isAlive(pid)).toBe(true);
  process.kill(pid, "SIGKILL");
});

/** A client that is killed while its command runs. */
async function killedClient(args: readonly string[], ready: () => unknown): Promise<void> {
  const client = spawn("ssh", [...bed.options, "-p", String(bed.port), ...args], {
    stdio: ["pipe", "ignore", "ignore"],
  });
  await waitUntil("the command runs", ready);
  client.kill("SIGKILL");
  await new Promise((resolve) => client.once("close", resolve));
}

test("a client that goes sends no signal without a terminal, and hangs one up", async () => {
  const command = (name: string): string =>
    `trap 'echo hup > ${name}.hup; exit' HUP; echo $$ > ${name}; while :; do sleep 0.1; done`;
  await killedClient(["dev@127.0.0.1", command("plain")], () => writtenPid("plain"));
  await killedClient([...terminal, command("hung")], () => writtenPid("hung"));
  await waitUntil("the terminal was hung up", () => existsSync(path.join(bed.home, "hung.hup")));
  await waitUntil("its command is gone", () => !isAlive(writtenPid("hung") ?? 0));
  const plain = writtenPid("plain") ?? 0;
  expect(isAlive(plain)).toBe(true);
  expect(existsSync(path.join(bed.home, "plain.hup"))).toBe(false);
  process.kill(-plain, "SIGKILL");
});

test("a command whose client goes while it writes ends by its pipe", async () => {
  await killedClient(["dev@127.0.0.1", "echo $$ > endless; exec yes"], () => writtenPid("endless"));
  await waitUntil("it is gone", () => !isAlive(writtenPid("endless") ?? 0));
});

test(
  "1 GiB goes each way and is the same, with new keys every 64 MiB",
  async () => {
    const file = path.join(bed.folder, "gibibyte");
    const piece = randomBytes(8 * mebibyte);
    writeFileSync(file, Buffer.concat(Array.from({ length: 128 }, () => piece)));
    const sha = createHash("sha256");
    for (let index = 0; index < 128; index += 1) sha.update(piece);
    const line = `${sha.digest("hex")}  -\n`;
    const options = `${bed.options.join(" ")} -o RekeyLimit=64M -p ${bed.port} dev@127.0.0.1`;
    const up = await bed.run("sh", ["-c", `ssh ${options} sha256sum < ${file}`]);
    expect(up.stdout).toBe(line);
    const before = process.memoryUsage.rss();
    const down = await bed.run("sh", ["-c", `ssh ${options} cat ${file} | sha256sum`]);
    expect(down.stdout).toBe(line);
    expect(process.memoryUsage.rss() - before, "nothing of it is kept").toBeLessThan(300 * mebibyte);
  },
  longMs,
);

test(
  "both outputs at once are whole, each in its order, when the client is slow",
  async () => {
    const command =
      "for i in $(seq 1 40000); do echo out-$i-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; echo err-$i-yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy >&2; done";
    const slow = `ssh ${bed.options.join(" ")} -p ${bed.port} dev@127.0.0.1 '${command}' 2>err | (sleep 1; cat >out)`;
    await bed.run("sh", ["-c", slow]);
    const numbers = (name: string): number[] =>
      readFileSync(path.join(bed.folder, name), "utf8")
        .trim()
        .split("\n")
        .map((line) => Number(line.split("-")[1]));
    const all = Array.from({ length: 40_000 }, (_, index) => index + 1);
    expect(numbers("out")).toEqual(all);
    expect(numbers("err")).toEqual(all);
  },
  longMs,
);

test(
  "fifty sessions at once each get what is theirs, over connections of their own and over one",
  async () => {
    const numbers = Array.from({ length: 50 }, (_, index) => index);
    const each = await Promise.all(
      numbers.map((number) => bed.exec(`head -c 100000 /dev/zero | wc -c; echo ${number}`)),
    );
    expect(each.map(({ stdout }) => stdout)).toEqual(numbers.map((number) => `100000\n${number}\n`));
    const master = ["-o", `ControlPath=${bed.folder}/fifty`];
    const opened = bed.ssh([...master, "-M", "-N", "dev@127.0.0.1"]);
    await waitUntil("the master is there", () => existsSync(`${bed.folder}/fifty`));
    const over = await Promise.all(
      numbers.map((number) => bed.ssh([...master, "dev@127.0.0.1", `sleep 0.2; echo ${number}`])),
    );
    expect(over.map(({ stdout }) => stdout)).toEqual(numbers.map((number) => `${number}\n`));
    await bed.ssh([...master, "-O", "exit", "dev@127.0.0.1"]);
    await opened;
  },
  longMs,
);

test("a host key that is another one is noticed", async () => {
  const other = await SshBed.open();
  try {
    const ran = await bed.run("ssh", [...bed.options, "-p", String(other.port), "dev@127.0.0.1", "true"]);
    expect(ran.code).toBe(255);
    expect(ran.stderr).toMatch(/HOST IDENTIFICATION HAS CHANGED|verification failed/i);
  } finally {
    await other.close();
  }
});

test("whoever stays connected while the workspace is handed to somebody else gets nothing more", async () => {
  const master = ["-o", `ControlPath=${bed.folder}/handed`];
  const opened = bed.ssh([...master, "-M", "-N", "dev@127.0.0.1"]);
  await waitUntil("the master is there", () => existsSync(`${bed.folder}/handed`));
  bed.owner = "person-2";
  try {
    const ran = await bed.ssh([...master, "dev@127.0.0.1", "env"]);
    expect(ran).toEqual({ code: 127, stdout: "", stderr: "prewarm: the workspace does not belong to whoever asks\n" });
    const sftp = await bed.run("sftp", [...bed.options, ...master, "-b", "-", "dev@127.0.0.1"], { stdin: "ls\n" });
    expect(sftp.code).not.toBe(0);
  } finally {
    bed.owner = "person-1";
  }
  await bed.ssh([...master, "-O", "exit", "dev@127.0.0.1"]);
  await opened;
});

test("when the workspace ends its connections do, and nothing is left of them", async () => {
  const ending = await SshBed.open();
  const running = [
    ending.exec("trap 'exit 5' HUP; echo $$ > one; while :; do sleep 0.1; done"),
    ending.ssh(["-tt", "dev@127.0.0.1", "echo $$ > two; sleep 100"]),
    ending.ssh(["-N", "-R", "0:127.0.0.1:1", "dev@127.0.0.1"]),
  ];
  const pids = await waitUntil("they run", () => {
    const texts = ["one", "two"].map((name) => path.join(ending.home, name)).filter((file) => existsSync(file));
    const read = texts.map((file) => Number(readFileSync(file, "utf8")));
    return read.length === 2 && read.every((pid) => pid > 0) && ending.server.size === 3 ? read : undefined;
  });
  await ending.close();
  await Promise.all(running);
  await waitUntil("their commands are gone", () => !pids.some(isAlive));
  await waitUntil("the connections are gone", () => ending.server.size === 0);
});

test("nothing is left open after all this", async () => {
  await waitUntil("no connection is left", () => bed.server.size === 0);
  await waitUntil("no handle is left", () => open() <= handlesBefore);
});
