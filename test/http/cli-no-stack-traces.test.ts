// What is wrong around a command is told in words with a code, and never by a stack trace.
import { spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const program = path.resolve(import.meta.dirname, "../../bin/prewarm");
const folder = mkdtempSync(path.join(tmpdir(), "prewarm-wrong-"));
const file = path.join(folder, "file");
const damaged = path.join(folder, "damaged");
const isFolder = path.join(folder, "is-a-folder");

let pages: Server;
let pagesUrl: string;

beforeAll(async () => {
  writeFileSync(file, "a file");
  mkdirSync(damaged);
  writeFileSync(path.join(damaged, "contexts.json"), "{");
  mkdirSync(path.join(isFolder, "contexts.json"), { recursive: true });
  // A proxy, or a sign-in that stands before the server.
  pages = createServer((request, response) => {
    response.writeHead(request.url?.startsWith("/missing") === true ? 404 : 200, { "content-type": "text/html" });
    response.end("<html>\n<body>Welcome</body>\n");
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => pages.once("listening", resolve));
  const address = pages.address();
  pagesUrl = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
});

afterAll(() => {
  pages.closeAllConnections();
  pages.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Told {
  readonly exitCode: number | null;
  readonly stderr: string;
}

async function tell(
  argv: readonly string[],
  { env = {}, stdout = "ignore" }: { readonly env?: Record<string, string>; readonly stdout?: number | "ignore" } = {},
): Promise<Told> {
  const child = spawn(process.execPath, [program, ...argv], {
    cwd: folder,
    stdio: ["ignore", stdout, "pipe"],
    env: { PATH: process.env["PATH"], HOME: folder, PREWARM_CONFIG_DIR: path.join(folder, "config"), ...env },
  });
  let stderr = "";
  child.stderr?.on("data", (data) => (stderr += String(data)));
  const exitCode = await new Promise<number | null>((resolve) => child.once("close", resolve));
  expect(stderr).not.toMatch(/^\s+at .+:\d+|node:internal|Unhandled/m);
  return { exitCode, stderr };
}

describe.runIf(existsSync("/dev/full"))("a full standard output", () => {
  it.each([
    [["--help"]],
    [["context", "list", "--json"]],
    [["version", "-o", "yaml"]],
    [["completion", "zsh"]],
    [["__complete", "fish", ""]],
    [["server", "--help"]],
    [["db", "export", "--help"]],
    [["provisioner", "start", "--help"]],
  ])("of %j", async (argv) => {
    const full = openSync("/dev/full", "w");
    try {
      const told = await tell(argv, { stdout: full });
      expect(told).toEqual({ exitCode: 1, stderr: expect.stringContaining("no space is left [ENOSPC]") });
    } finally {
      closeSync(full);
    }
  });
});

describe("a pipe that its reader has closed", () => {
  it.each(["--help", "completion bash", "server --help", "list --help"])("after %s is no failure", async (words) => {
    const script = `"${process.execPath}" "${program}" ${words} | head -c 1; echo "\${PIPESTATUS[0]}" >&2`;
    const child = spawn("bash", ["-c", script], {
      stdio: ["ignore", "ignore", "pipe"],
      env: { PATH: process.env["PATH"] },
    });
    let stderr = "";
    child.stderr?.on("data", (data) => (stderr += String(data)));
    await new Promise((resolve) => child.once("close", resolve));
    expect(stderr).toBe("0\n");
  });
});

describe("files and folders that are not as they should be:", () => {
  const none = path.join(folder, "none");
  it.each([
    ["a damaged file of contexts", ["list"], { PREWARM_CONFIG_DIR: damaged }, "config_invalid"],
    ["a folder in its place", ["list"], { PREWARM_CONFIG_DIR: isFolder }, "config_invalid"],
    ["a file in the place of its folder", ["context", "list"], { PREWARM_CONFIG_DIR: file }, "config_invalid"],
    ["no template", ["templates", "push", none], {}, "invalid_manifest"],
    ["a template that is a file", ["templates", "push", file], {}, "invalid_manifest"],
    ["a data folder that is a file", ["setup", "--data-dir", file], {}, "setup_link_invalid"],
    ["no configuration of a server", ["server", "--config", none], {}, "config_invalid"],
    ["a configuration that is a folder", ["server", "--config", folder], {}, "config_invalid"],
    ["a server's data folder that is a file", ["server", "--data-dir", file], {}, "data_dir_not_writable"],
    ["no backup", ["db", "import", none], {}, "transfer_file"],
    ["a backup that is a folder", ["db", "import", folder], {}, "transfer_file"],
  ] as const)("%s", async (_, argv, env, code) => {
    const told = await tell(argv, { env });
    expect(told.stderr).toContain(`[${code}]`);
    expect(told.exitCode).toBeGreaterThan(0);
  });
});

describe("an address that is not a server's:", () => {
  it.each(["http://", "http://a b", "http://127.0.0.1:99999", "nonsense", "http:///x"])("%j", async (url) => {
    const told = await tell(["list"], { env: { PREWARM_URL: url, PREWARM_TOKEN: "x" } });
    expect(told).toEqual({ exitCode: 1, stderr: expect.stringContaining("[config_invalid]") });
  });

  it("a token that is none is told without it", async () => {
    const told = await tell(["list"], { env: { PREWARM_URL: "http://127.0.0.1:1", PREWARM_TOKEN: "secret\nword" } });
    expect(told).toEqual({ exitCode: 1, stderr: expect.stringContaining("[config_invalid]") });
    expect(told.stderr).not.toContain("secret");
  });

  it.each([
    [["list"], ""],
    [["show", "dev"], "/missing"],
    [["create", "dev", "--template", "node"], ""],
    [["whoami"], ""],
    [["jobs", "list"], "/missing"],
    [["exec", "dev", "--", "true"], ""],
  ])("%j where pages of HTML are served (%s)", async (argv, below) => {
    const told = await tell(argv, { env: { PREWARM_URL: `${pagesUrl}${below}`, PREWARM_TOKEN: "x" } });
    expect(told.exitCode).toBeGreaterThan(0);
    expect(told.stderr).toContain(`What answers at ${pagesUrl}${below} is not Prewarm`);
    expect(told.stderr).not.toContain("<");
  });
});
