import { Dialog } from "../components/dialog.tsx";
import { addressOfPage, menuEntries } from "../shell/menu-entries.ts";
import { look } from "../state/look.ts";
import { overlay } from "../state/palette.ts";
import { useStore } from "../state/store.ts";

const everywhere: readonly (readonly [keys: string, what: string])[] = [
  ["Ctrl K", "Go to anything, do what the page offers"],
  ["?", "Show these keys"],
  ["/", "Search on this page"],
  ["c", "Create a workspace"],
  ["j k", "Down and up the rows"],
  ["x", "Select the row"],
  ["Enter", "Open it"],
  ["Esc", "Close what is open over the page"],
  ["Ctrl Shift Esc", "Leave a terminal, in which all other keys are the shell's"],
];

/** What the keys do. */
export default function KeysHelp() {
  const { hasSingleKeys } = useStore(look);
  const going = menuEntries().flatMap((page) =>
    page.menu?.key === undefined ? [] : [[`g ${page.menu.key}`, page.menu.label, addressOfPage(page)] as const],
  );
  return (
    <Dialog
      isOpen
      onClose={() => overlay.set("none")}
      title="Keys"
      description={
        hasSingleKeys ? undefined : "Single-letter keys are off: switch them on in your account, under Appearance."
      }
    >
      <dl className="grid grid-cols-[auto_1fr] items-baseline gap-x-4 gap-y-2">
        {[...everywhere, ...going].map(([keys, what]) => (
          <Key key={keys} keys={keys} what={what} />
        ))}
      </dl>
    </Dialog>
  );
}

function Key({ keys, what }: { readonly keys: string; readonly what: string }) {
  return (
    <>
      <dt className="flex gap-1 whitespace-nowrap">
        {keys.split(" ").map((key) => (
          <kbd key={key} className="rounded border border-line-strong bg-raised px-1.5 font-mono text-xs">
            {key}
          </kbd>
        ))}
      </dt>
      <dd>{what}</dd>
    </>
  );
}
