import path from "node:path";
import { ConfigError } from "../platform/config/config-error.ts";
import { serverOptions } from "../platform/config/server-options.ts";
import type { Driver } from "../provisioner/driver.ts";
import { FakeDriver, fakeDriverName } from "../provisioner/drivers/fake/fake-driver.ts";

export interface DriverPlaces {
  /** Folder of the daemon: each driver keeps what it makes in one of its own below it. */
  readonly root: string;
}

const makers: Readonly<Record<string, (places: DriverPlaces) => Driver>> = {
  [fakeDriverName]: ({ root }) => new FakeDriver({ root: path.join(root, "fake") }),
};

/** The drivers that the option `provisioner.drivers` names. Errors: `ConfigError` for a name that is none. */
export function makeDrivers(names: string, places: DriverPlaces): readonly Driver[] {
  const wanted = new Set(names.split(",").map((name) => name.trim()));
  return [...wanted].map((name) => {
    const make = Object.hasOwn(makers, name) ? makers[name] : undefined;
    if (make !== undefined) return make(places);
    const option = serverOptions.provisionerDrivers.name;
    const known = Object.keys(makers).join(", ");
    throw new ConfigError([{ option, message: `${option} names "${name}", which is no driver. There are: ${known}.` }]);
  });
}
