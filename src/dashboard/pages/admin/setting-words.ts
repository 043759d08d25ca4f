import type { Setting } from "../../../contracts/api/settings.ts";

export const sourceWords: Readonly<Record<Setting["source"], string>> = {
  default: "default",
  file: "file",
  environment: "environment",
  flag: "flag",
  stored: "changed here",
};
