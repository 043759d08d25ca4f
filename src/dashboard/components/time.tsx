import { useEffect, useState } from "react";
import { serverNow } from "../state/server-facts.ts";
import { absoluteTime, relativeTime } from "./time-words.ts";

const tickMs = 15_000;

/** Now, as the server has it; again every few seconds. */
export function useServerNow(everyMs = tickMs): number {
  const [now, setNow] = useState(serverNow);
  useEffect(() => {
    const timer = setInterval(() => setNow(serverNow()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}

/** An instant in relation to now; which one it is stands in its title. */
export function Time({ at }: { readonly at: string }) {
  const now = useServerNow();
  const atMs = Date.parse(at);
  return (
    <time dateTime={at} title={absoluteTime(atMs)}>
      {relativeTime(atMs, now)}
    </time>
  );
}
