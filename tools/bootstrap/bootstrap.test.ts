// The commands of a checkout, run as people run them, in a folder that holds only what the case is about.
import { spawn, spawnSync, type SpawnSyncReturns } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { fingerprintsOf, isBuilt, noteBuilt } from "./fingerprint.mjs";
import { agrees } from "./install.mjs";

const repository = path.resolve(import.meta.dirname, "../..");
let root = "";

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), "prewarm-checkout-"));
});

afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

function write(name: string, text: string): void {
  mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
  writeFileSync(path.join(root, name), text);
}

/** A checkout with this repository's commands, one dependency-free lock file, and a stand-in for npm. */
function checkout({ npm, node = ">=20.19" }: { readonly npm: string; readonly node?: string }): void {
  for (const name of ["tools/bootstrap.mjs", "tools/bootstrap"]) {
    cpSync(path.join(repository, name), path.join(root, name), { recursive: true });
  }
  const { scripts } = JSON.parse(readFileSync(path.join(repository, "package.json"), "utf8"));
  const about = { name: "checkout", type: "module", engines: { node }, scripts };
  write("package.json", JSON.stringify(about));
  write("package-lock.json", JSON.stringify({ lockfileVersion: 3, packages: { "": { name: "checkout" } } }));
  write("stand-in/npm-cli.js", npm);
}

function bootstrap(...args: readonly string[]): SpawnSyncReturns<string> {
  return spawnSync(process.execPath, [path.join(root, "tools/bootstrap.mjs"), ...args], {
    cwd: tmpdir(),
    encoding: "utf8",
    env: { ...process.env, npm_execpath: path.join(root, "stand-in/npm-cli.js") },
  });
}

const installs = `import { appendFileSync, mkdirSync } from "node:fs";
mkdirSync("node_modules", { recursive: true });
appendFileSync("installs.txt", process.argv.slice(2).join(" ") + "\\n");\n`;
const installed = (): readonly string[] => readFileSync(path.join(root, "installs.txt"), "utf8").trim().split("\n");

/** Stays until it is told to end; one that the signal does not reach ends with another code, long after. */
const waitsForTheSignal =
  "process.on('SIGTERM', () => { console.log('told to end'); process.exit(8); }); setTimeout(() => process.exit(9), 20_000);";

/** A build that writes a server which tells its arguments and ends with 7; it counts its runs. */
const builds = `import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { fingerprintsOf, noteBuilt } from "./bootstrap/fingerprint.mjs";
mkdirSync("dist/bundle", { recursive: true });
appendFileSync("builds.txt", process.argv[2] + "\\n");
writeFileSync("dist/bundle/cli.mjs", "console.log(process.argv.slice(2).join(' ')); process.exitCode = 7;");
noteBuilt(process.cwd(), fingerprintsOf(process.cwd(), [process.argv[2]]));\n`;
const built = (): readonly string[] => readFileSync(path.join(root, "builds.txt"), "utf8").trim().split("\n");

describe("npm start in a checkout", () => {
  test("the first start installs and builds, the second does neither; the server gets the arguments and gives the exit code", () => {
    checkout({ npm: installs });
    write("tools/build.mjs", builds);
    const first = bootstrap("start", "--port", "0");
    expect(first.stdout).toBe("server --port 0\n");
    expect(first.status).toBe(7);
    expect(installed()).toEqual([expect.stringMatching(/^ci --include=dev/)]);
    expect(built()).toEqual(["product"]);
    expect(bootstrap("start").stdout).toBe("server\n");
    expect(installed()).toHaveLength(1);
    expect(built()).toHaveLength(1);
  });

  test("a changed source is built again, and a changed lock file is installed again", () => {
    checkout({ npm: installs });
    write("tools/build.mjs", builds);
    bootstrap("start");
    write("src/main/cli.ts", "export {};\n");
    bootstrap("start");
    expect([installed().length, built().length]).toEqual([1, 2]);
    write("package-lock.json", JSON.stringify({ lockfileVersion: 3, packages: {} }));
    bootstrap("start");
    expect([installed().length, built().length]).toEqual([2, 3]);
  });

  test("an install that fails starts nothing and says what to do", () => {
    checkout({ npm: "process.exit(4);\n" });
    const failed = bootstrap("start");
    expect(failed.status).toBe(1);
    expect(failed.stderr).toContain("`npm ci` ended with 4");
    expect(failed.stderr).toContain("run the same command again");
  });

  test("a build that fails starts nothing", () => {
    checkout({ npm: installs });
    write("tools/build.mjs", "process.exit(2);\n");
    write("dist/bundle/cli.mjs", "console.log('stale');\n");
    const failed = bootstrap("start");
    expect([failed.status, failed.stdout]).toEqual([1, ""]);
    expect(failed.stderr).toContain("the build failed");
  });

  test("a signal to npm reaches the server, whose exit code npm passes on", async () => {
    checkout({ npm: installs });
    write("tools/build.mjs", builds.replace("console.log(", `${waitsForTheSignal} console.log(`));
    // Installs with the stand-in: the real npm below then finds it done.
    bootstrap("bench");
    const npm = spawn("npm", ["start", "--silent"], { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    const ended = once(npm, "exit");
    const complaints = text(npm.stderr);
    let words = "";
    for await (const chunk of npm.stdout) {
      words += String(chunk);
      if (words === "server\n") npm.kill("SIGTERM");
    }
    const [code, signal] = await ended;
    expect({ code, signal, words }, await complaints).toEqual({
      code: 8,
      signal: null,
      words: "server\ntold to end\n",
    });
  });

  test("an old Node is told which one is needed", () => {
    checkout({ npm: installs, node: ">=999.1" });
    const refused = bootstrap("start");
    expect(refused.status).toBe(1);
    expect(refused.stderr).toMatch(/this is Node \d+\.\d+\.\d+, and Node 999\.1 or newer is needed/);
  });

  test("an unknown command names the known ones", () => {
    checkout({ npm: installs });
    expect(bootstrap("stop").stderr).toContain(`"stop" is none of start, bench, chaos, mutations, test`);
  });
});

describe("what an install by hand left", () => {
  const lock = {
    packages: {
      "": {},
      "node_modules/a": { version: "1.0.0" },
      "node_modules/b": { version: "2.0.0", optional: true },
    },
  };

  test("the same versions agree, whatever the optional ones", () => {
    expect(agrees(lock, { packages: { "node_modules/a": { version: "1.0.0" } } })).toBe(true);
  });

  test("another version or a missing package does not agree", () => {
    expect(agrees(lock, { packages: { "node_modules/a": { version: "1.0.1" } } })).toBe(false);
    expect(agrees(lock, { packages: {} })).toBe(false);
  });
});

describe("the stamp of a build", () => {
  beforeEach(() => {
    write("src/main/cli.ts", "one\n");
    noteBuilt(root, fingerprintsOf(root, ["product"]));
  });

  test("nothing changed, nothing to build", () => {
    expect(isBuilt(root, "product")).toBe(true);
  });

  test("a file with another time, another size, another name is a change", () => {
    utimesSync(path.join(root, "src/main/cli.ts"), 1, 1);
    expect(isBuilt(root, "product")).toBe(false);
    noteBuilt(root, fingerprintsOf(root, ["product"]));
    write("src/main/server.ts", "");
    expect(isBuilt(root, "product")).toBe(false);
    noteBuilt(root, fingerprintsOf(root, ["product"]));
    rmSync(path.join(root, "src/main/server.ts"));
    expect(isBuilt(root, "product")).toBe(false);
  });

  test("an edit during the build is not lost", () => {
    const before = fingerprintsOf(root, ["product"]);
    write("src/main/cli.ts", "changed\n");
    noteBuilt(root, before);
    expect(isBuilt(root, "product")).toBe(false);
  });
});
