import { loadPtyNative } from "../pty/load-native.ts";
import { openPty } from "../pty/open-pty.ts";
import type { Terminals } from "./terminal-run.ts";

/**
 * Looks once whether this machine has terminals to give: a client's request for one is answered at once.
 * @param runtimeFolder XDG_RUNTIME_DIR, where there is one.
 */
export function terminals(runtimeFolder: string | undefined): Terminals {
  try {
    loadPtyNative(runtimeFolder);
    return { missing: null, open: openPty };
  } catch (error) {
    return { missing: error instanceof Error ? error.message : String(error), open: openPty };
  }
}
