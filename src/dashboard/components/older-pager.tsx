import { useUrlState } from "../state/url-state.ts";
import { Button } from "./button.tsx";

/** For a list that goes back in time: `before` of the address says from where; null: there is nothing older. */
export function OlderPager({ next }: { readonly next: string | null }) {
  const [{ before = "" }, change] = useUrlState();
  return (
    <div className="mt-3 flex gap-2">
      <Button
        disabledBecause={before === "" ? "These are the newest." : undefined}
        onClick={() => change({ before: "" })}
      >
        Newest
      </Button>
      <Button
        disabledBecause={next === null ? "There is nothing older." : undefined}
        onClick={() => change({ before: next ?? "" })}
      >
        Older
      </Button>
    </div>
  );
}
