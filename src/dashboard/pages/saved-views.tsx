import { Bookmark, BookmarkPlus, BookmarkX } from "lucide-react";
import { useState } from "react";
import type { SavedView } from "../../contracts/api/preferences.ts";
import { savedViewNameLengthMax, savedViewSearchLengthMax, savedViewsMax } from "../../contracts/limits.ts";
import { Button } from "../components/button.tsx";
import { FormDialog } from "../components/form-dialog.tsx";
import { Menu } from "../components/menu.tsx";
import { QueryFault } from "../components/query-fault.tsx";
import { TextField } from "../components/text-field.tsx";
import { renderSearch, useGoTo, useUrlState } from "../state/url-state.ts";
import { usePreferences } from "./use-preferences.ts";

interface SavedViewsProps {
  readonly list: SavedView["list"];
  readonly address: string;
}

/** What somebody searches for again and again, under a name of his own; kept with the person, not with the browser. */
export function SavedViews({ list, address }: SavedViewsProps) {
  const [{ page: _, ...params }] = useUrlState();
  const { views, query, change } = usePreferences();
  const [isSaving, setSaving] = useState(false);
  const goTo = useGoTo();
  const search = renderSearch(params).replace(/^\?/, "");
  const ofList = views.filter((view) => view.list === list);
  const shown = ofList.find((view) => view.search === search);
  const items = [
    ...ofList.map((view) => ({
      label: view === shown ? `${view.name} (shown)` : view.name,
      icon: <Bookmark size={15} />,
      onSelect: () => goTo(view.search === "" ? address : `${address}?${view.search}`),
    })),
    {
      label: "Save this view…",
      icon: <BookmarkPlus size={15} />,
      disabledBecause: reasonAgainst(search, views.length),
      onSelect: () => setSaving(true),
    },
    ...(shown === undefined
      ? []
      : [
          {
            label: `Forget “${shown.name}”`,
            icon: <BookmarkX size={15} />,
            onSelect: () => change({ forgetView: { list, name: shown.name } }),
          },
        ]),
  ];
  const save = (name: string): void => {
    change({ saveView: { name, list, search } });
    setSaving(false);
  };
  return (
    <>
      <Menu
        items={items}
        trigger={<Button icon={<Bookmark size={15} aria-hidden />}>{shown?.name ?? "Views"}</Button>}
      />
      <QueryFault query={query} />
      {isSaving ? <NameView onSave={save} onClose={() => setSaving(false)} /> : null}
    </>
  );
}

function reasonAgainst(search: string, count: number): string | undefined {
  if (search === "") return "Search or sort first: this is the list as everybody sees it.";
  if (search.length > savedViewSearchLengthMax) return "The search is too long to be kept.";
  return count >= savedViewsMax ? `You have ${savedViewsMax} views already: forget one first.` : undefined;
}

interface NameViewProps {
  readonly onSave: (name: string) => void;
  readonly onClose: () => void;
}

function NameView({ onSave, onClose }: NameViewProps) {
  const [name, setName] = useState("");
  return (
    <FormDialog
      isOpen
      onClose={onClose}
      title="Save this view"
      description="The search, the filters and the order, as they are now. One of the same name is replaced."
      verb="Save view"
      error={null}
      isBusy={false}
      onSubmit={() => (name.trim() === "" ? undefined : onSave(name.trim()))}
    >
      <TextField
        label="Name"
        value={name}
        onChange={setName}
        maxLength={savedViewNameLengthMax}
        autoComplete="off"
        required
      />
    </FormDialog>
  );
}
