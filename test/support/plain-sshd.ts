import { spawn } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { userInfo } from "node:os";
import path from "node:path";
import { sshHostKey } from "../../src/agent/ssh/ssh-host-key.ts";
import { sleep } from "../../src/platform/sleep.ts";

const listensWithinMs = 5_000;
const lookMs = 20;

export interface PlainSshd {
  readonly port: number;
  /** A file of known hosts, to which clients add its key. */
  readonly knownHosts: string;
  /** Of `ssh`, up to the command that it is to run. */
  readonly args: readonly string[];
  /** The same by another port, which leads to it. */
  argsAt(port: number): readonly string[];
  stop(): Promise<void>;
}

/**
 * Another SSH server to compare with: OpenSSH's own, on a port of loopback, for this account alone.
 * @param more lines of `authorized_keys`, beside a key of its own.
 * @returns why there is none, in words, where it is not installed or refuses to run.
 */
export async function startPlainSshd(folder: string, more: readonly string[] = []): Promise<PlainSshd | string> {
  const program = findSshd();
  if (program === undefined) return "sshd is not installed";
  // Debian's refuses to run as root without it; a service makes it at its start.
  if (process.getuid?.() === 0) mkdirSync("/run/sshd", { recursive: true, mode: 0o755 });
  const file = (name: string): string => path.join(folder, name);
  const [hostKey, personKey] = [keyIn(file("sshd-host")), keyIn(file("sshd-person"))];
  const port = await freePort();
  const settings = [
    `Port ${port}`,
    "ListenAddress 127.0.0.1",
    `HostKey ${hostKey}`,
    `AuthorizedKeysFile ${personKey}.pub ${file("sshd_more_keys")}`,
    "PidFile none",
    "StrictModes no",
    "UsePAM no",
    "PasswordAuthentication no",
  ];
  writeFileSync(file("sshd_more_keys"), more.map((line) => `${line}\n`).join(""));
  writeFileSync(file("sshd_config"), `${settings.join("\n")}\n`);
  const server = spawn(program, ["-D", "-e", "-f", file("sshd_config")], { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  server.stderr.on("data", (data) => {
    said += String(data);
  });
  const exited = new Promise<void>((resolve) => server.once("exit", () => resolve()));
  const stop = async (): Promise<void> => {
    server.kill("SIGTERM");
    await exited;
  };
  if (!(await listens(port, () => server.exitCode === null))) {
    await stop();
    return `sshd does not run here: ${said.trim()}`;
  }
  const knownHosts = file("sshd_known_hosts");
  const clientSettings = ["IdentitiesOnly=yes", "StrictHostKeyChecking=accept-new", `UserKnownHostsFile=${knownHosts}`];
  const argsAt = (at: number): readonly string[] => {
    const args = ["-F", "none", "-p", `${at}`, "-l", userInfo().username, "-i", personKey, "127.0.0.1"];
    return [...clientSettings.flatMap((setting) => ["-o", setting]), ...args];
  };
  return { args: argsAt(port), port, knownHosts, argsAt, stop };
}

/** @returns the file of a new key; its public half is beside it. */
function keyIn(folder: string): string {
  mkdirSync(folder, { mode: 0o700 });
  sshHostKey(folder);
  return path.join(folder, "ssh_host_ed25519_key");
}

/** It runs itself again for each connection, and so wants its whole path. */
function findSshd(): string | undefined {
  const folders = ["/usr/sbin", ...(process.env["PATH"] ?? "").split(path.delimiter)];
  return folders.map((each) => path.join(each, "sshd")).find((each) => path.isAbsolute(each) && existsSync(each));
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function listens(port: number, isRunning: () => boolean): Promise<boolean> {
  const endMs = performance.now() + listensWithinMs;
  while (isRunning() && performance.now() < endMs) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = connect({ host: "127.0.0.1", port }, () => resolve(true));
      socket.once("error", () => resolve(false)).once("connect", () => socket.destroy());
    });
    if (isOpen) return true;
    await sleep(lookMs);
  }
  return false;
}
