import { Banner } from "../../../components/banner.tsx";
import { Button } from "../../../components/button.tsx";
import type { LinkState } from "./terminal-link.ts";

interface TerminalStateBarProps {
  readonly state: LinkState;
  readonly isOtherSize: boolean;
  readonly onRetry: () => void;
  readonly onNew: () => void;
}

/** How the line to the terminal is, where that is not as usual. */
export function TerminalStateBar({ state, isOtherSize, onRetry, onNew }: TerminalStateBarProps) {
  const newOne = <Button onClick={onNew}>New terminal</Button>;
  switch (state.kind) {
    case "connecting":
      return <Banner tone="busy">Connecting to the terminal…</Banner>;
    case "lost":
      return (
        <Banner tone="warn" action={<Button onClick={onRetry}>Try now</Button>}>
          The line is lost. What runs in the terminal goes on; the page comes back to it by itself. Keys go nowhere
          until then.
        </Banner>
      );
    case "ended":
      return (
        <Banner tone={state.exitCode === 0 ? "off" : "warn"} action={newOne}>
          The program has ended with exit code {state.exitCode}. Enter begins a new terminal.
        </Banner>
      );
    case "refused":
      return (
        <Banner tone="bad" action={newOne}>
          {state.message}
        </Banner>
      );
    default:
      return isOtherSize ? <Banner tone="off">It has another window's size until you type.</Banner> : null;
  }
}
