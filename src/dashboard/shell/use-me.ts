import { useEffect } from "react";
import { keys } from "../api/keys.ts";
import { useApi } from "../api/use-api.ts";
import { tellSignedIn } from "../state/other-tabs.ts";
import { session } from "../state/session.ts";

/** Who is signed in. */
export function useMe() {
  const me = useApi("whoAmI", { key: keys.me, input: {} });
  useEffect(() => {
    if (me.data === undefined || me.error !== null) return;
    session.set("open");
    tellSignedIn(me.data.username);
  }, [me.data, me.error, me.dataUpdatedAt]);
  return me;
}
