import { expect, test } from "vitest";
import { appOptions, prebuildsOptions, retentionKeeps } from "../../../src/main/configured-parts.ts";
import { liveServerConfig } from "../../../src/platform/config/live-options.ts";
import { loadConfig } from "../../../src/platform/config/load-config.ts";
import { serverOptions } from "../../../src/platform/config/server-options.ts";

const settings = liveServerConfig(loadConfig(serverOptions, { flags: new Map(), env: {} }));
const config = settings.values;
const parts = {
  app: appOptions(config, { accessUrl: () => "http://127.0.0.1:7080", daemonKey: "key" }),
  prebuilds: prebuildsOptions(config),
  retention: retentionKeeps(config),
};
/** Of every kind of option; the first that one takes and has not is another value for it. */
const otherTexts = ["true", "false", "owner", "0.5", "77", "77m", "77d", "20d"];

test.each(settings.liveNames)("%s counts in what was given out before it changed", (name) => {
  const before = JSON.stringify(parts);
  const usual = settings.list().find((setting) => setting.name === name)?.value;
  const other = otherTexts.find((text) => settings.accepts(name, text) && text !== usual);
  expect(other).toBeDefined();
  settings.hold(new Map([[name, other ?? ""]]));
  expect(JSON.stringify(parts)).not.toBe(before);
  settings.hold(new Map());
  expect(JSON.stringify(parts)).toBe(before);
});
