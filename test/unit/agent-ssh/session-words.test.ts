// What a session's command is started with, and what is made of its end.
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { exitWord } from "../../../src/agent/ssh/command-pipes.ts";
import { modesIn } from "../../../src/agent/ssh/pty-modes.ts";
import { sessionEnvironment, SentVariables } from "../../../src/agent/ssh/session-environment.ts";
import { sshHostKey } from "../../../src/agent/ssh/ssh-host-key.ts";
import { variablesBytesMax, variablesMax } from "../../../src/agent/ssh/ssh-limits.ts";
import { inTerminal, terminalSettings } from "../../../src/agent/ssh/terminal-run.ts";

test("a client sets any variable but those that loaders and the agent read, and no more than there is room for", () => {
  const sent = new SentVariables();
  expect(sent.set("LANG", "C")).toBe(true);
  for (const name of ["LD_PRELOAD", "PREWARM_AGENT_TOKEN", "A=B", "", "A B", "1A"])
    expect(sent.set(name, "x")).toBe(false);
  expect(sent.set("ZERO", "a\0b")).toBe(false);
  expect(sent.values).toEqual({ LANG: "C" });
  expect(sent.set("LARGE", "x".repeat(variablesBytesMax))).toBe(false);
  for (let index = 1; index < variablesMax; index += 1) expect(sent.set(`V${index}`, "x")).toBe(true);
  expect(sent.set("ONE_MORE", "x")).toBe(false);
});

test("what is the session's own is above the client's, and the client's is above the workspace's", () => {
  const environment = sessionEnvironment({
    workspace: { EDITOR: "vi", USER: "somebody", PATH: "/bin" },
    account: { name: "dev", shell: "/bin/zsh" },
    sent: { EDITOR: "nano", SSH_CLIENT: "forged", SSH_AUTH_SOCK: "/forged" },
    own: { SSH_AUTH_SOCK: "/tmp/agent" },
  });
  expect(environment).toEqual({
    EDITOR: "nano",
    PATH: "/bin",
    SHELL: "/bin/zsh",
    USER: "dev",
    LOGNAME: "dev",
    SSH_CLIENT: "127.0.0.1 0 22",
    SSH_CONNECTION: "127.0.0.1 0 127.0.0.1 22",
    SSH_AUTH_SOCK: "/tmp/agent",
  });
});

test("an end is told by its code or by its signal, and one without a word for it as shells count it", () => {
  expect(exitWord(7, null)).toEqual({ status: 7 });
  expect(exitWord(null, "SIGTERM")).toEqual({ signal: "TERM" });
  expect(exitWord(null, "SIGBUS")).toEqual({ status: 135 });
});

/** A request for a terminal, as OpenSSH's client sends it. */
function request(name: string, modes: readonly (readonly [number, number])[]): Buffer {
  const text = (value: Buffer | string): Buffer => {
    const bytes = Buffer.from(value);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return Buffer.concat([length, bytes]);
  };
  const encoded = modes.map(([opcode, value]) => {
    const mode = Buffer.alloc(5);
    mode.writeUInt8(opcode);
    mode.writeUInt32BE(value, 1);
    return mode;
  });
  const body = [Buffer.alloc(16), text(Buffer.concat([...encoded, Buffer.from([0])]))];
  return Buffer.concat([Buffer.from([98, 0, 0, 0, 0]), text(name), Buffer.from([1]), text("xterm"), ...body]);
}

test("a terminal's modes are read, also behind one that nobody knows; of another request there are none", () => {
  const modes = [
    [129, 38_400],
    [42, 1],
    [3, 8],
    [1, 24],
    [53, 0],
  ] as const;
  const whole = request("pty-req", modes);
  expect(modesIn(whole)).toEqual({ VERASE: 8, VINTR: 24, ECHO: 0 });
  expect(modesIn(request("shell", modes))).toEqual({});
  for (let length = 0; length < whole.length; length += 1)
    expect(() => modesIn(whole.subarray(0, length))).not.toThrow();
});

test("a terminal is set as far as it differs from a new one", () => {
  expect(terminalSettings({ VERASE: 127, VINTR: 3, ECHO: 1, ICRNL: 1 })).toEqual([]);
  expect(terminalSettings({ VERASE: 8, VINTR: 255, ECHO: 0, ICRNL: 0 })).toEqual([
    "erase",
    "^H",
    "intr",
    "undef",
    "-echo",
    "-icrnl",
  ]);
});

test("without bash a login shell is told by an option, where it knows it", () => {
  const shell = { file: "/bin/ash", args: [], argv0: "-ash" };
  expect(inTerminal(shell, [], false).args.slice(-3)).toEqual(["", "/bin/ash", "-l"]);
  const other = { file: "/opt/menu", args: [], argv0: "-menu" };
  expect(inTerminal(other, ["-echo"], false).args.slice(-2)).toEqual(["-echo", "/opt/menu"]);
  expect(inTerminal(shell, [], true).args.slice(3)).toEqual(["-ash", "", "/bin/ash"]);
});

test("a host key stays, is nobody else's to read, and is made anew only when it cannot be read", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "prewarm-key-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const made = sshHostKey(folder);
  expect(made.open).toMatch(/^ssh-ed25519 [A-Za-z0-9+/=]+$/);
  expect(sshHostKey(folder)).toEqual(made);
  const file = path.join(folder, "ssh_host_ed25519_key");
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readFileSync(`${file}.pub`, "utf8")).toBe(`${made.open}\n`);
  expect(sshHostKey(path.join(folder, "not/there")).open, "where nothing can be written").toMatch(/^ssh-ed25519 /);
  writeFileSync(file, "broken");
  expect(sshHostKey(folder).open).not.toBe(made.open);
});
