import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ConfigError } from "../../../src/platform/config/config-error.ts";
import { parseFlags } from "../../../src/platform/config/config-flags.ts";
import { describeConfig } from "../../../src/platform/config/describe-config.ts";
import { formatDurationMs, parseDurationMs } from "../../../src/platform/config/duration.ts";
import { formatBytes, parseBytes } from "../../../src/platform/config/bytes.ts";
import { type ConfigInput, loadConfig } from "../../../src/platform/config/load-config.ts";
import { serverOptions } from "../../../src/platform/config/server-options.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "pw-config-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function yamlFile(name: string, text: string): string {
  const file = path.join(folder, name);
  writeFileSync(file, text);
  return file;
}

function load(args: readonly string[], rest: Partial<ConfigInput> = {}) {
  const { flags, configPath } = parseFlags(serverOptions, args);
  return loadConfig(serverOptions, { flags, configPath, env: {}, ...rest });
}

function errorOf(action: () => unknown): ConfigError {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return error as ConfigError; // checked by the line above
  }
  throw new Error("expected the configuration to be refused");
}

describe("durations and sizes", () => {
  it.each([
    ["500ms", 500],
    ["30s", 30_000],
    ["1m", 60_000],
    ["1h30m", 5_400_000],
    ["2d", 172_800_000],
    ["1.5h", 5_400_000],
    ["-5s", -5000],
    ["0", 0],
  ])("%s is %d ms", (text, ms) => {
    expect(parseDurationMs(text)).toBe(ms);
    expect(parseDurationMs(formatDurationMs(ms))).toBe(ms);
  });

  it.each(["", "60", "1 m", "m", "1h 30", "1w", "1m-5s", "1e3s"])("%j is no duration", (text) => {
    expect(parseDurationMs(text)).toBeUndefined();
  });

  it("sizes are read and written back", () => {
    expect(parseBytes("10MiB")).toBe(10 * 1024 ** 2);
    expect(parseBytes("512 KiB")).toBe(512 * 1024);
    expect(parseBytes("17")).toBe(17);
    expect(parseBytes("10MB")).toBeUndefined();
    expect([10 * 1024 ** 2, 1536 * 1024, 17, 0].map(formatBytes)).toEqual(["10MiB", "1536KiB", "17", "0"]);
  });
});

describe("server configuration", () => {
  it("defaults are those of the specification", () => {
    const { values, sources } = load([]);
    expect(values).toMatchObject({
      httpHost: "127.0.0.1",
      httpPort: 7080,
      accessUrl: undefined,
      pgUrl: undefined,
      pgConnMaxOpen: 10,
      pgConnMaxIdle: 3,
      prebuildsEnabled: true,
      prebuildsReconciliationIntervalMs: 60_000,
      prebuildsBackoffIntervalMs: 60_000,
      prebuildsBackoffLookbackMs: 3_600_000,
      prebuildsFailureHardLimit: 3,
      sessionLifetimeMs: 7 * 86_400_000,
      templateUploadMaxBytes: 10 * 1024 ** 2,
    });
    expect(new Set(Object.values(sources))).toEqual(new Set(["default"]));
  });

  it("a flag wins over the environment, that over the file, that over the caller's and the own default", () => {
    const configPath = yamlFile(
      "order.yaml",
      "http:\n  port: 1001\n  host: file\nlog: { level: debug }\ndata_dir: /file\n",
    );
    const env = { PREWARM_HTTP_PORT: "1002", PREWARM_HTTP_HOST: "env", PREWARM_CONFIG: configPath };
    const { values, sources } = load(["--http-port=1003"], {
      env,
      configPath: undefined,
      defaults: { data_dir: "/caller" },
    });
    expect(values).toMatchObject({
      httpPort: 1003,
      httpHost: "env",
      logLevel: "debug",
      dataDir: "/file",
      logFormat: "pretty",
    });
    expect(sources).toMatchObject({
      httpPort: "flag",
      httpHost: "environment",
      logLevel: "file",
      logFormat: "default",
    });
    expect(load([], { defaults: { data_dir: "/caller" } }).values.dataDir).toBe("/caller");
  });

  it.each([
    ["the flag", ["--prebuilds-reconciliation-interval", "0s"], {}, "--prebuilds-reconciliation-interval"],
    [
      "the environment",
      [],
      { PREWARM_PREBUILDS_RECONCILIATION_INTERVAL: "-1m" },
      "PREWARM_PREBUILDS_RECONCILIATION_INTERVAL",
    ],
  ])("an interval of zero or less in %s is refused by name (case 122)", (_, args, env, place) => {
    const error = errorOf(() => load(args, { env }));
    expect(error.code).toBe("config_invalid");
    expect(error.problems.map((problem) => problem.option)).toEqual(["prebuilds.reconciliation_interval"]);
    expect(error.message).toContain(place);
    expect(error.message).toContain("at least 1ms");
  });

  it("an interval of zero in the file is refused by name (case 122)", () => {
    const configPath = yamlFile("zero.yaml", "prebuilds: { reconciliation_interval: 0 }");
    expect(errorOf(() => load([], { configPath })).message).toMatch(
      /^prebuilds\.reconciliation_interval .*configuration file/,
    );
  });

  it("every problem is reported at once, each with what was expected", () => {
    const env = {
      PREWARM_HTTP_PORT: "70000",
      PREWARM_LOG_LEVEL: "loud",
      PREWARM_ACCESS_URL: "ftp://x",
      PREWARM_PG_CONN_MAX_OPEN: "1.5",
    };
    const error = errorOf(() => load(["--prebuilds-enabled=maybe"], { env }));
    expect(error.problems.map((problem) => problem.option ?? "").toSorted((a, b) => (a < b ? -1 : 1))).toEqual([
      "access_url",
      "http.port",
      "log.level",
      "pg.conn_max_open",
      "prebuilds.enabled",
    ]);
    expect(error.message).toContain("one of debug, info, warn, error");
    expect(error.message).toContain("at most 65535");
  });

  it("a secret's value is not repeated in the error", () => {
    const error = errorOf(() => load([], { env: { PREWARM_PG_URL: "mysql://me:hunter2@db" } }));
    expect(error.message).toContain("pg.url");
    expect(error.message).not.toContain("hunter2");
  });

  it("an alias of the environment is accepted after the real name, and an empty variable is not set", () => {
    const alias = { PREWARM_DATABASE_URL: "postgres://alias/db" };
    expect(load([], { env: { ...alias, PREWARM_PG_URL: "" } }).values.pgUrl).toBe("postgres://alias/db");
    expect(load([], { env: { ...alias, PREWARM_PG_URL: "postgres://real/db" } }).values.pgUrl).toBe(
      "postgres://real/db",
    );
  });

  it("booleans have a negative flag, and a value may follow its flag", () => {
    expect(load(["--no-prebuilds-enabled"]).values.prebuildsEnabled).toBe(false);
    expect(load(["--prebuilds-enabled"]).values.prebuildsEnabled).toBe(true);
    expect(load(["--prebuilds-backoff-interval", "90s"]).values.prebuildsBackoffIntervalMs).toBe(90_000);
  });

  it.each([
    [["--prebuild-enabled"], "--prebuild-enabled"],
    [["--http-port"], "needs a value"],
    [["7080"], '"7080" is not an option'],
    [["--no-http-port"], "--no-http-port"],
  ])("%j is refused with a reason", (args, reason) => {
    expect(errorOf(() => load(args)).message).toContain(reason);
  });

  it.each([
    ["unknown.yaml", "prebuilds: { interval: 1m }", "prebuilds.interval"],
    ["broken.yaml", "http: {port: 1\nlog:", "line"],
    ["list.yaml", "http: { port: [1] }", "a list at http.port"],
    ["scalar.yaml", "7080", "must be a mapping"],
  ])("the file %s is refused with the place", (name, text, place) => {
    const configPath = yamlFile(name, text);
    expect(errorOf(() => load([], { configPath })).message).toContain(place);
  });

  it("a missing file is an error that names it", () => {
    const configPath = path.join(folder, "absent.yaml");
    expect(errorOf(() => load([], { configPath })).message).toContain(configPath);
  });
});

describe("describeConfig", () => {
  it("gives each option one row, with names derived from the option's own", () => {
    const rows = describeConfig(serverOptions, { data_dir: "/var/lib/prewarm" });
    expect(rows.find((row) => row.name === "prebuilds.reconciliation_interval")).toEqual({
      name: "prebuilds.reconciliation_interval",
      flag: "--prebuilds-reconciliation-interval",
      env: "PREWARM_PREBUILDS_RECONCILIATION_INTERVAL",
      kind: "duration",
      default: "1m",
      expected: "a duration such as 500ms, 30s, 1m, 1h30m or 2d, at least 1ms and at most 24d",
      description: expect.stringContaining("two looks"),
      fileEnv: null,
    });
    expect(rows.find((row) => row.name === "data_dir")?.default).toBe("/var/lib/prewarm");
    for (const key of ["name", "flag", "env"] as const)
      expect(new Set(rows.map((row) => row[key])).size).toBe(rows.length);
  });

  it("every default is a value that its own option accepts", () => {
    for (const option of Object.values(serverOptions)) {
      if (option.defaultText !== "")
        expect([option.name, option.parse(option.defaultText)]).toEqual([option.name, option.default]);
    }
  });
});
