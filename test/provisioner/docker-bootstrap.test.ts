import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type BootstrapOptions, bootstrapScript, shellQuote } from "../../src/provisioner/bootstrap.ts";

// What the server offers in these tests: programs that tell how they were started.
const report =
  'echo "$0|$PREWARM_URL|$PREWARM_WORKSPACE_ID|$PREWARM_START_ID|$PREWARM_AGENT_STATE|$PREWARM_AGENT_TOKEN_FILE"';
const executable = `#!/bin/sh\n${report}\nexit 7\n`;
const bundle = "console.log(`bundle ${process.env.PREWARM_BUILD_STAGE}`); process.exitCode = 8;\n";

let folder: string;
let home: string;
let bin: string;
let server: Server;
let url = "";
let asked: string[];
/** Answers in place of the server: a status, or other bytes. */
let instead: (path: string) => number | string | undefined;

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "pw-bootstrap-"));
  home = path.join(folder, "home of it's own");
  bin = path.join(folder, "bin");
  for (const made of [home, bin]) mkdirSync(made);
  asked = [];
  instead = () => undefined;
  server = createServer((request, answer) => {
    const where = request.url ?? "";
    asked.push(where);
    const other = instead(where);
    if (typeof other === "number") {
      answer.writeHead(other).end();
      return;
    }
    const content = where.includes(".mjs") ? bundle : executable;
    const sum = createHash("sha256").update(content).digest("hex");
    answer.end(other ?? (where.endsWith(".sha256") ? `${sum}  name\n` : content));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});

const tools = ["sh", "id", "uname", "mkdir", "rm", "mv", "chmod", "cut", "sleep", "cat", "sha256sum"];

function which(name: string): string | undefined {
  // A Python on the PATH may be a script of a version manager, which needs more than itself.
  const look = name === "python3" ? `python3 -c 'import sys; print(sys.executable)'` : `command -v ${name}`;
  const found = spawnSync("sh", ["-c", look], { encoding: "utf8" }).stdout.trim();
  return found === "" ? undefined : found;
}

/** A PATH with these programs alone. */
function offer(...names: readonly string[]): void {
  for (const name of [...tools, ...names]) {
    const found = which(name);
    if (found !== undefined) symlinkSync(found, path.join(bin, name));
  }
}

function fake(name: string, script: string): void {
  rmSync(path.join(bin, name), { force: true });
  writeFileSync(path.join(bin, name), `#!/bin/sh\n${script}\n`);
  chmodSync(path.join(bin, name), 0o755);
}

interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

async function run(
  options: Partial<BootstrapOptions> = {},
  { shell = ["sh"], environment = {} }: { shell?: readonly string[]; environment?: Record<string, string> } = {},
): Promise<Ran> {
  const script = bootstrapScript({
    accessUrl: `${url}/`,
    workspaceId: "w'1",
    startId: "build $1",
    buildStage: "prebuild",
    tokenFile: "/run/the token",
    attemptsMax: 2,
    retrySeconds: 0,
    ...options,
  });
  const file = path.join(folder, "bootstrap.sh");
  writeFileSync(file, script);
  const [program = "", ...args] = shell;
  const child = spawn(program === "sh" ? "/bin/sh" : program, [...args, file], {
    env: { PATH: bin, HOME: home, ...environment },
  });
  let out = "";
  let err = "";
  child.stdout.on("data", (data) => {
    out += String(data);
  });
  child.stderr.on("data", (data) => {
    err += String(data);
  });
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return { code, out, err };
}

const architecture = process.arch;
const executableName = `prewarm-agent-linux-${architecture}`;

describe.each(["curl", "wget", "python3"])("with %s alone", (program) => {
  test.skipIf(which(program) === undefined)("the executable is fetched, checked, kept and run", async () => {
    offer(program);
    const ran = await run();
    expect(ran).toMatchObject({ code: 7, err: "prewarm: starting the agent\n" });
    const target = path.join(home, ".prewarm/bin", executableName);
    expect(ran.out).toBe(`${target}|${url}|w'1|build $1|${path.join(home, ".prewarm/main/state")}|/run/the token\n`);
    asked.length = 0;
    expect((await run()).code).toBe(7);
    expect(asked, "what is there already is not fetched again").toEqual([`/bin/${executableName}.sha256`]);
  });
});

test.skipIf(!existsSync("/bin/busybox"))("busybox has all that is needed", async () => {
  for (const name of ["sh", "id", "uname", "mkdir", "rm", "mv", "chmod", "cut", "sleep", "cat", "sha256sum", "wget"]) {
    symlinkSync("/bin/busybox", path.join(bin, name));
  }
  expect(await run({}, { shell: ["/bin/busybox", "sh"] })).toMatchObject({ code: 7 });
});

test("where Node is new enough the bundle is run instead, by its exit code", async () => {
  offer("curl", "wget");
  symlinkSync(process.execPath, path.join(bin, "node"));
  expect(await run()).toMatchObject({ code: 8, out: "bundle prebuild\n" });
  expect(asked.every((where) => where.startsWith("/bin/prewarm-agent.mjs"))).toBe(true);
});

test("a Node that is too old is passed over", async () => {
  offer("curl", "wget");
  fake("node", "exit 1");
  expect(await run()).toMatchObject({ code: 7 });
});

test("a newer agent on the server replaces the one that is there", async () => {
  offer("curl", "wget");
  await run();
  const target = path.join(home, ".prewarm/bin", executableName);
  writeFileSync(target, "an older one");
  expect((await run()).code).toBe(7);
  expect(readFileSync(target, "utf8")).toBe(executable);
});

describe("is refused with the reason and 69", () => {
  test("on a system without glibc", async () => {
    offer("curl", "wget");
    // The other architecture's loader is not here, as glibc's is not on a system with musl.
    const machine = architecture === "x64" ? "aarch64" : "x86_64";
    fake("uname", `[ "$1" = -s ] && echo Linux || echo ${machine}`);
    const ran = await run();
    expect(ran.code).toBe(69);
    expect(ran.err).toMatch(/no glibc.*Install Node 20/);
    expect(asked).toEqual([]);
  });

  test("on a machine for which there is no executable", async () => {
    offer("curl", "wget");
    fake("uname", '[ "$1" = -s ] && echo Linux || echo riscv64');
    expect(await run()).toMatchObject({ code: 69, err: expect.stringContaining("riscv64") });
  });

  test("without a program to fetch it with", async () => {
    offer();
    expect(await run()).toMatchObject({ code: 69, err: expect.stringContaining("neither curl, wget nor python3") });
  });

  test("without a token", async () => {
    offer("curl", "wget");
    expect(await run({ tokenFile: "" })).toMatchObject({
      code: 69,
      err: expect.stringContaining("PREWARM_AGENT_TOKEN"),
    });
  });

  test("after as many tries as are allowed, when the server does not have it", async () => {
    offer("curl", "wget");
    instead = () => 503;
    const ran = await run();
    expect(ran).toMatchObject({ code: 69, err: expect.stringContaining("in 2 tries") });
    expect(asked).toHaveLength(2);
  });

  test("when what came is not what was announced", async () => {
    offer("curl", "wget");
    instead = (where) => (where.endsWith(".sha256") ? undefined : "#!/bin/sh\necho evil\n");
    const ran = await run();
    expect(ran).toMatchObject({ code: 69, out: "", err: expect.stringContaining("checksum") });
    expect(existsSync(path.join(home, ".prewarm/bin", executableName))).toBe(false);
  });
});

test("a server that comes late is waited for", async () => {
  offer("curl", "wget");
  instead = () => (asked.length < 2 ? 503 : undefined);
  expect((await run()).code).toBe(7);
});

test("the token may come by the environment", async () => {
  offer("curl", "wget");
  const options: Partial<BootstrapOptions> = { tokenFile: "" };
  expect((await run(options, { environment: { PREWARM_AGENT_TOKEN: "secret" } })).code).toBe(7);
});

test.each([
  "plain",
  "it's",
  "a b",
  "$(touch x)",
  "`x`",
  'a"b',
  "back\\slash",
  "new\nline",
])("%j is one word of sh", (text) => {
  const done = spawnSync("sh", ["-c", `printf %s ${shellQuote(text)}`], { encoding: "utf8" });
  expect(done.stdout).toBe(text);
});

describe("what an image or a template sets for the workspace's own programs", () => {
  const hostile = {
    NODE_OPTIONS: `--require "/no such/file.js" --inspect=0.0.0.0:9229`,
    LD_LIBRARY_PATH: "/nowhere",
    NODE_EXTRA_CA_CERTS: "/nowhere.pem",
    http_proxy: "http://127.0.0.1:9",
    HTTP_PROXY: "http://127.0.0.1:9",
    PYTHONHOME: "/nowhere",
  };

  test.each(["curl", "wget", "python3"])("does not keep %s from fetching the agent", async (program) => {
    if (which(program) === undefined) return;
    offer(program);
    expect(await run({}, { environment: hostile })).toMatchObject({ code: 7 });
  });

  test("does not reach the agent, which gets it under other names, to give it back", async () => {
    offer();
    const agent = path.join(folder, "agent.mjs");
    writeFileSync(agent, "console.log(JSON.stringify(process.env))");
    const installed = { node: process.execPath, agent };
    const given = { ...hostile, SSL_CERT_FILE: agent, KEPT: "as it is" };
    const { code, out } = await run({ installed }, { environment: given });
    expect(code).toBe(0);
    const environment = JSON.parse(out) as Record<string, string>;
    for (const [name, value] of Object.entries(hostile)) {
      expect(environment[name], name).toBeUndefined();
      expect(environment[`PREWARM_KEPT_${name}`], name).toBe(value);
    }
    // Certificates that are there are what the server is trusted by.
    expect(environment).toMatchObject({ SSL_CERT_FILE: agent, KEPT: "as it is" });
  });
});
