import { Banner } from "../components/banner.tsx";
import { Button } from "../components/button.tsx";
import { clockTime } from "../components/time-words.ts";
import { liveStatus } from "../live/live-status.ts";
import { newerVersion } from "../state/server-facts.ts";
import { useStore } from "../state/store.ts";

/** What concerns every page: the server is away, or is another one than this page was made for. */
export function StatusBanners() {
  const live = useStore(liveStatus);
  const newer = useStore(newerVersion);
  return (
    <>
      {live.state === "offline" ? (
        <Banner tone="warn">Reconnecting. What you see is as of {clockTime(live.asOfMs)}.</Banner>
      ) : null}
      {newer === null ? null : (
        <Banner tone="busy" action={<Button onClick={() => location.reload()}>Reload the page</Button>}>
          A new version of Prewarm is running. Reload when you are done with what you are typing.
        </Banner>
      )}
    </>
  );
}
