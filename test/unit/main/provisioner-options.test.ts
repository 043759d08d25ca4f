import { describe, expect, it } from "vitest";
import { makeDrivers } from "../../../src/main/make-drivers.ts";
import { parseTags, provisionerOptions } from "../../../src/main/provisioner-options.ts";
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
  const { values } = loadConfig(provisionerOptions, { flags: new Map(), env: {} });
  const setting = { root: "/nowhere", logger: silentLogger, config: values };

  it("are made once each, in the order of their names in the option", () => {
    expect(makeDrivers("fake, process,fake", setting).drivers.map(({ name }) => name)).toEqual(["fake", "process"]);
  });

  it("are all three when they are looked for, and none but the process driver must work", () => {
    const { drivers, optionalDrivers } = makeDrivers("auto", setting);
    expect(drivers.map(({ name }) => name)).toEqual(["process", "docker", "terraform"]);
    expect([...optionalDrivers]).toEqual(["docker", "terraform"]);
    expect(makeDrivers("docker", setting).optionalDrivers.size).toBe(0);
  });

  it("are refused by the option's name when there is none of that name", () => {
    expect(() => makeDrivers("process,toString", setting)).toThrow(
      'provisioner.drivers names "toString", which is no driver. There are: auto, process, docker, terraform, fake.',
    );
  });
});
