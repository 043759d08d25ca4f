import { holdStoredOptions } from "../db/settings/stored-options.ts";
import type { Db } from "../db/store.ts";
import type { SettingsHolder } from "../platform/config/live-config.ts";
import type { Controller } from "./controller.ts";

/** News tell at once; when they are lost, a changed option is in force within this time. */
export const settingsWatchIntervalMs = 5_000;

export interface SettingsWatchDeps {
  readonly db: Db;
  readonly settings: SettingsHolder;
}

/** Keeps in force, on every server, what is stored of the deployment's options (decision 0070). */
export function createSettingsWatch({ db, settings }: SettingsWatchDeps): Controller {
  return {
    name: "settings",
    intervalMs: settingsWatchIntervalMs,
    topics: ["settings"],
    run: async () => {
      const stored = await holdStoredOptions(db, settings);
      return { outcome: "ok", fields: { stored: stored.length } };
    },
  };
}
