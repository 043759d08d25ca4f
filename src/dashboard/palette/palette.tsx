import { Command } from "cmdk";
import { Dialog as Radix } from "radix-ui";
import { type ReactNode, useRef, useState } from "react";
import type { User } from "../../contracts/api/identity.ts";
import type { ApiError } from "../api/api-error.ts";
import { doHere, type OfferedAction, type OfferedGroup, offeredGroups } from "../components/offered-actions.ts";
import { useFocusReturn } from "../components/use-focus-return.ts";
import { overlay } from "../state/palette.ts";
import { useGoTo } from "../state/url-state.ts";
import { useFoundThings } from "./found-things.ts";
import { placesFor } from "./places.ts";
import { shellActions } from "./shell-actions.ts";

interface PaletteProps {
  readonly me: User;
}

/** Goes to anything by its name, and does what the page offers. All of it can be had by buttons and links as well. */
export default function Palette({ me }: PaletteProps) {
  // As it was when it opened: what the page offers is hidden behind it, and does not change under one's hands.
  const [groups] = useState(() => withShell(offeredGroups()));
  const [words, setWords] = useState("");
  const goTo = useGoTo();
  const giveFocusBack = useFocusReturn(true);
  const chosen = useRef<(() => void) | null>(null);
  // Once the palette is gone and would give the focus back: what comes then takes it.
  const choose = (run: () => void): void => {
    chosen.current = run;
    close();
  };
  const { things, isSearching, fault } = useFoundThings(words, me.role === "administrator");
  const go = (to: string): void => choose(() => goTo(to));
  return (
    <Radix.Root open onOpenChange={(isOpen) => (isOpen ? undefined : close())}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-black/45 forced-colors:bg-[Canvas]" />
        <Radix.Content
          aria-describedby={undefined}
          onCloseAutoFocus={(event) => {
            giveFocusBack(event);
            chosen.current?.();
          }}
          className="fixed top-[10dvh] left-1/2 z-50 w-[min(38rem,calc(100vw-1.5rem))] -translate-x-1/2 overflow-hidden rounded-lg border border-line-strong bg-page shadow-(--shadow)"
        >
          <Radix.Title className="sr-only">Go to or do</Radix.Title>
          <Command label="Go to or do" shouldFilter={false} loop>
            <Command.Input
              value={words}
              onValueChange={setWords}
              maxLength={64}
              placeholder="A workspace, template, pool, page, or what to do"
              className="min-h-12 w-full border-b border-line bg-page px-4 text-base text-text -outline-offset-2 placeholder:text-muted"
            />
            <Command.List
              // The focus stays in the field: one goes on typing after a click that did nothing.
              onMouseDown={(event) => event.preventDefault()}
              className="max-h-[60dvh] overflow-y-auto p-2"
            >
              <Command.Empty className="px-3 py-6 text-center text-muted">
                {emptyWords(words, isSearching, fault)}
              </Command.Empty>
              <Unsearched fault={fault} />
              <Group heading="Found">
                {things.map(({ kind, name, aside, address }) => (
                  <Item key={address} id={address} onSelect={() => go(address)} aside={`${kind} ${aside}`}>
                    {name}
                  </Item>
                ))}
              </Group>
              <ToDo groups={groups} words={words} onChoose={choose} />
              <Group heading="Go to">
                {meant(placesFor(me), words).map(({ label, address, aside }) => (
                  <Item key={address} id={`go ${address}`} onSelect={() => go(address)} aside={aside}>
                    {label}
                  </Item>
                ))}
              </Group>
            </Command.List>
          </Command>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

interface ToDoProps {
  readonly groups: readonly OfferedGroup[];
  readonly words: string;
  readonly onChoose: (run: () => void) => void;
}

/** What is offered, by what it is done with. */
function ToDo({ groups, words, onChoose }: ToDoProps) {
  return groups.map(({ heading, actions }, nth) => (
    <Group key={heading} heading={heading}>
      {meant(actions, words).map((action, place) => (
        <ActionItem key={`${place} ${action.label}`} action={action} place={`${nth} ${place}`} onChoose={onChoose} />
      ))}
    </Group>
  ));
}

/** Not everything was found that there may be. */
function Unsearched({ fault }: { readonly fault: ApiError | undefined }) {
  if (fault === undefined) return null;
  return (
    <p role="status" className="px-3 py-2 text-bad">
      Not everything could be searched: {fault.message} {fault.next}
    </p>
  );
}

/** What can be done on every page comes behind what can be done on this one. */
function withShell(groups: readonly OfferedGroup[]): readonly OfferedGroup[] {
  const here = groups.find(({ heading }) => heading === doHere);
  const others = groups.filter((group) => group !== here);
  return [...others, { heading: doHere, actions: [...(here?.actions ?? []), ...shellActions()] }];
}

const close = (): void => overlay.set("none");

function emptyWords(words: string, isSearching: boolean, fault: ApiError | undefined): string {
  if (isSearching) return "Searching…";
  return fault === undefined ? `Nothing is called “${words}”.` : "";
}

function meant<Entry extends { readonly label: string }>(entries: readonly Entry[], words: string): readonly Entry[] {
  const part = words.trim().toLowerCase();
  return entries.filter(({ label }) => label.toLowerCase().includes(part));
}

function Group({ heading, children }: { readonly heading: string; readonly children: readonly ReactNode[] }) {
  if (children.length === 0) return null;
  return (
    <Command.Group
      heading={heading}
      className="[&_[cmdk-group-heading]]:px-3 [&_[cmdk-group-heading]]:pt-2 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-xs [&_[cmdk-group-heading]]:font-medium [&_[cmdk-group-heading]]:text-muted"
    >
      {children}
    </Command.Group>
  );
}

interface ItemProps {
  readonly id: string;
  readonly aside: string;
  readonly onSelect: () => void;
  readonly children: string;
  readonly isOff?: boolean;
}

function Item({ id, aside, onSelect, children, isOff = false }: ItemProps) {
  return (
    <Command.Item
      value={id}
      onSelect={onSelect}
      aria-disabled={isOff || undefined}
      className="flex min-h-9 items-baseline justify-between gap-4 rounded-md px-3 py-1.5 aria-selected:bg-hover aria-selected:outline-2 aria-selected:-outline-offset-2 aria-selected:outline-accent-text"
    >
      <span className={isOff ? "text-muted" : "min-w-0 truncate text-text"}>{children}</span>
      <span className="min-w-0 shrink truncate text-right text-xs text-muted">{aside}</span>
    </Command.Item>
  );
}

interface ActionItemProps {
  readonly action: OfferedAction;
  /** No other has it: two things may be called the same. */
  readonly place: string;
  readonly onChoose: (run: () => void) => void;
}

/** One that cannot be done stays in the list, with the reason beside it. */
function ActionItem({ action: { label, disabledBecause, run }, place, onChoose }: ActionItemProps) {
  const isOff = disabledBecause !== undefined;
  return (
    <Item
      id={`do ${place} ${label}`}
      aside={disabledBecause ?? ""}
      onSelect={() => (isOff ? undefined : onChoose(run))}
      isOff={isOff}
    >
      {label}
    </Item>
  );
}
