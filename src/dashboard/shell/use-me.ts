import { useEffect } from "react";
import { keys } from "../api/keys.ts";
import { useApi } from "../api/use-api.ts";
import { session } from "../state/session.ts";

/** Who is signed in. */
export function useMe() {
  const me = useApi("whoAmI", { key: keys.me, input: {} });
  useEffect(() => {
    if (me.data !== undefined && me.error === null) session.set("open");
  }, [me.data, me.error, me.dataUpdatedAt]);
  return me;
}
