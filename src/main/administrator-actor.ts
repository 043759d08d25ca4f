import type { Actor } from "../app/authorize.ts";
import { administratorUsername } from "../app/identity/first-run.ts";
import type { TokenId, UserId } from "../contracts/ids.ts";

/** The administrator, as whom the server itself acts at its first start. */
export function administratorActor(userId: UserId): Actor {
  return {
    userId,
    username: administratorUsername,
    name: "Administrator",
    email: null,
    role: "administrator",
    organizations: [],
    createdAt: new Date(0),
    // Not signed in: there is no token to note the use of.
    tokenId: "" as TokenId,
  };
}
