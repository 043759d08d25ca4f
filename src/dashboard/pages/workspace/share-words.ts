import type { ShareLevel } from "../../../contracts/share-levels.ts";

/** Who may open it: each of these and those before. */
export const shareWords: Readonly<Record<ShareLevel, string>> = {
  owner: "you alone",
  organization: "the organization",
  authenticated: "all who are signed in",
  public: "everybody with the address",
};
