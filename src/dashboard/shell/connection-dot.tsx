import { Tooltip } from "../components/tooltip.tsx";
import { type LiveStatus, liveStatus } from "../live/live-status.ts";
import { useStore } from "../state/store.ts";

const words: Readonly<Record<LiveStatus["state"], readonly [label: string, colour: string]>> = {
  connected: ["Live: changes are shown at once", "bg-ok"],
  polling: ["Looks for changes every 10 seconds", "bg-busy"],
  offline: ["The server does not answer; trying again", "bg-bad"],
};

/** Whether what is on screen is current. */
export function ConnectionDot() {
  const { state } = useStore(liveStatus);
  const [label, colour] = words[state];
  return (
    <Tooltip text={label}>
      <button
        type="button"
        aria-label={`Connection: ${label}`}
        className="inline-flex size-8 items-center justify-center rounded-md hover:bg-hover"
      >
        <span
          className={`size-2.5 ${state === "offline" ? "rounded-none" : "rounded-full"} ${colour} forced-colors:bg-[CanvasText]`}
        />
      </button>
    </Tooltip>
  );
}
