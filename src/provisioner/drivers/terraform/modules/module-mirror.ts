import { readdir, readFile, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import path from "node:path";
import { CodedError } from "../../../../contracts/errors.ts";
import { ModuleRegistry } from "./module-registry.ts";

export interface ModuleMirrorOptions {
  /** Archives of modules: HOST/NAMESPACE/NAME/PROVIDER/VERSION.tar.gz. */
  readonly folder: string;
  /** Terraform's configuration is written here. */
  readonly configFile: string;
  readonly hostEnvironment: Readonly<Record<string, string | undefined>>;
}

const hostPattern = /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d+)?$/;

/** Has Terraform ask a folder of this host for the modules of registries, which may then be out of reach. */
export class ModuleMirror {
  readonly #options: ModuleMirrorOptions;
  readonly #registry: ModuleRegistry;

  constructor(options: ModuleMirrorOptions) {
    this.#options = options;
    this.#registry = new ModuleRegistry(options.folder);
  }

  /** Errors: `driver_unavailable` for a folder that cannot be read. @returns hosts whose modules it has. */
  async open(): Promise<readonly string[]> {
    const { folder, configFile } = this.#options;
    const hosts = await hostsIn(folder);
    await this.#registry.open();
    const own = await this.#hostConfig();
    // A host that the machine's own configuration speaks of is its own matter.
    const blocks = hosts
      .filter((host) => !own.includes(`host "${host}"`))
      .map((host) => {
        const services = `{ "modules.v1" = "${this.#registry.urlOf(host)}" }`;
        return `host "${host}" {\n  services = ${services}\n}\n`;
      });
    await writeFile(configFile, [own, ...blocks].join("\n"), { mode: 0o600 });
    return hosts;
  }

  async close(): Promise<void> {
    await this.#registry.close();
  }

  /** What Terraform would read without this one. */
  async #hostConfig(): Promise<string> {
    const { TF_CLI_CONFIG_FILE: named, HOME: home = homedir() } = this.#options.hostEnvironment;
    const file = named === undefined || named === "" ? path.join(home, ".terraformrc") : named;
    return await readFile(file, "utf8").catch(() => "");
  }
}

async function hostsIn(folder: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory() && hostPattern.test(entry.name)).map(({ name }) => name);
  } catch (cause) {
    throw new CodedError("driver_unavailable", `The folder of modules "${folder}" cannot be read: ${String(cause)}.`, {
      cause,
      next: "Make it, or take `provisioner.terraform_module_mirror` out; then start the provisioner again.",
    });
  }
}
