import { Archive, ArchiveRestore, Ellipsis, Plus, Trash2, Upload } from "lucide-react";
import { type ReactNode, useState } from "react";
import type { User } from "../../../contracts/api/identity.ts";
import type { Template } from "../../../contracts/api/templates.ts";
import { templateRefusal } from "../../../contracts/template-roles.ts";
import { useCall } from "../../api/use-call.ts";
import { Button } from "../../components/button.tsx";
import { FormDialog } from "../../components/form-dialog.tsx";
import { IconButton } from "../../components/icon-button.tsx";
import { Menu, type MenuItem } from "../../components/menu.tsx";
import { TextField } from "../../components/text-field.tsx";
import { showToast } from "../../components/toasts.ts";
import { useGoTo } from "../../state/url-state.ts";
import { DeleteTemplate } from "./delete-template.tsx";

const refreshes = [["template"], ["templates"], ["pools"]];

interface TemplateActionsProps {
  readonly template: Template;
  readonly me: User;
}

export function TemplateActions({ template, me }: TemplateActionsProps) {
  const { publish, create, rest, dialogs } = useTemplateItems(template, me);
  return (
    <>
      <Button
        icon={<Upload size={15} aria-hidden />}
        disabledBecause={publish.disabledBecause}
        onClick={publish.onSelect}
      >
        {publish.label}
      </Button>
      <Button
        kind="primary"
        icon={<Plus size={15} aria-hidden />}
        disabledBecause={create.disabledBecause}
        onClick={create.onSelect}
      >
        {create.label}
      </Button>
      <Menu
        items={rest}
        trigger={<IconButton label={`More actions of ${template.name}`} icon={<Ellipsis size={16} />} />}
      />
      {dialogs}
    </>
  );
}

/** The same in a row of the list. */
export function TemplateRowActions({ template, me }: TemplateActionsProps) {
  const { publish, create, rest, dialogs } = useTemplateItems(template, me);
  return (
    <>
      <Menu
        items={[create, publish, ...rest]}
        trigger={<IconButton label={`Actions of ${template.name}`} icon={<Ellipsis size={16} />} />}
      />
      {dialogs}
    </>
  );
}

interface TemplateItems {
  readonly publish: MenuItem;
  readonly create: MenuItem;
  readonly rest: readonly MenuItem[];
  readonly dialogs: ReactNode;
}

function useTemplateItems(template: Template, me: User): TemplateItems {
  const goTo = useGoTo();
  const [open, setOpen] = useState<"deprecate" | "delete" | null>(null);
  const restore = useCall("deprecateTemplate", refreshes);
  const disabledBecause = templateRefusal(me, template.organization);
  const { name, deprecatedAt } = template;
  const takeBack = (): void =>
    restore.mutate(
      { params: { template: name }, query: {}, body: { deprecated: false } },
      { onError: ({ message }) => showToast({ tone: "bad", text: message }) },
    );
  const close = (): void => setOpen(null);
  const address = encodeURIComponent(name);
  return {
    publish: {
      label: "Publish version",
      icon: <Upload size={15} />,
      disabledBecause,
      onSelect: () => goTo(`/publish?template=${address}`),
    },
    create: {
      label: "Create workspace",
      icon: <Plus size={15} />,
      disabledBecause: creationRefusal(template),
      onSelect: () => goTo(`/new?template=${address}`),
    },
    rest: [
      deprecatedAt === null
        ? { label: "Deprecate…", icon: <Archive size={15} />, disabledBecause, onSelect: () => setOpen("deprecate") }
        : {
            label: "Take the deprecation back",
            icon: <ArchiveRestore size={15} />,
            disabledBecause,
            onSelect: takeBack,
          },
      {
        label: "Delete…",
        icon: <Trash2 size={15} />,
        isDestructive: true,
        disabledBecause,
        onSelect: () => setOpen("delete"),
      },
    ],
    dialogs:
      open === "deprecate" ? (
        <Deprecate template={template} onClose={close} />
      ) : open === "delete" ? (
        <DeleteTemplate template={template} onClose={close} />
      ) : null,
  };
}

function creationRefusal({ deprecatedAt, activeVersion }: Template): string | undefined {
  if (deprecatedAt !== null) return "The template is deprecated.";
  return activeVersion === null ? "It has no active version." : undefined;
}

interface DeprecateProps {
  readonly template: Template;
  readonly onClose: () => void;
}

function Deprecate({ template: { name, workspaces }, onClose }: DeprecateProps) {
  const [message, setMessage] = useState("");
  const deprecate = useCall("deprecateTemplate", refreshes);
  return (
    <FormDialog
      isOpen
      onClose={onClose}
      title={`Deprecate ${name}?`}
      description={`No new workspaces are made from it, and its pools drain. ${staying(workspaces)}`}
      verb={`Deprecate ${name}`}
      error={deprecate.error}
      isBusy={deprecate.isPending}
      onSubmit={() =>
        deprecate.mutate(
          { params: { template: name }, query: {}, body: { deprecated: true, message } },
          { onSuccess: onClose },
        )
      }
    >
      <TextField
        label="What people should use instead"
        value={message}
        onChange={setMessage}
        maxLength={256}
        autoComplete="off"
      />
    </FormDialog>
  );
}

function staying(workspaces: number): string {
  if (workspaces === 0) return "Nobody has one now.";
  return workspaces === 1
    ? "The one that there is stays as it is."
    : `The ${workspaces} that there are stay as they are.`;
}
