import path from "node:path";
import { packageRoot } from "./version.ts";

/** Defaults that depend on where the package is. */
export const serverDefaults = { data_dir: path.join(packageRoot, ".prewarm") };
