import { describe, expect, it } from "vitest";
import { makeDrivers } from "../../../src/main/make-drivers.ts";
import { parseTags } from "../../../src/main/provisioner-options.ts";
import { dockerOptions } from "../../../src/platform/config/docker-options.ts";
import { loadConfig } from "../../../src/platform/config/load-config.ts";
import { silentLogger } from "../../../src/platform/logger.ts";

describe("a daemon's tags", () => {
  it.each([
    ["", {}],
    ["gpu=yes", { gpu: "yes" }],
    [" a=1 , b= x=y ,", { a: "1", b: " x=y" }],
    ["empty=", { empty: "" }],
  ])("are read from %j", (text, tags) => {
    expect(parseTags(text)).toEqual(tags);
  });

  it.each(["gpu", "=yes", "a=1,b"])("are refused as %j", (text) => {
    expect(parseTags(text)).toBeUndefined();
  });
});

describe("a daemon's drivers", () => {
  const config = loadConfig(dockerOptions, { flags: new Map(), env: {} }).values;
  const setting = { root: "/nowhere", logger: silentLogger, config };

  it("are made once each, in the order of their names in the option", () => {
    expect(makeDrivers("fake, process,fake", setting).map(({ name }) => name)).toEqual(["fake", "process"]);
  });

  it("take their own options, and refuse a wrong one when they are made", () => {
    expect(makeDrivers("docker", setting).map(({ name }) => name)).toEqual(["docker"]);
    const wrong = { ...setting, config: { ...config, dockerHost: "somewhere" } };
    expect(() => makeDrivers("docker", wrong)).toThrow(/unix:\/\/\/path or tcp/);
  });

  it("are refused by the option's name when there is none of that name", () => {
    expect(() => makeDrivers("process,toString", setting)).toThrow(
      'provisioner.drivers names "toString", which is no driver. There are: process, docker, fake.',
    );
  });
});
