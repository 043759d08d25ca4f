import { Archive, ArchiveRestore, Ellipsis, Plus, Trash2, Upload } from "lucide-react";
import { useState } from "react";
import type { User } from "../../../contracts/api/identity.ts";
import type { Template } from "../../../contracts/api/templates.ts";
import { templateRefusal } from "../../../contracts/template-roles.ts";
import { useCall } from "../../api/use-call.ts";
import { Button } from "../../components/button.tsx";
import { FormDialog } from "../../components/form-dialog.tsx";
import { IconButton } from "../../components/icon-button.tsx";
import { Menu } from "../../components/menu.tsx";
import { TextField } from "../../components/text-field.tsx";
import { showToast } from "../../components/toasts.ts";
import { useGoTo } from "../../state/url-state.ts";
import { DeleteTemplate } from "./delete-template.tsx";

const refreshes = [["template"], ["templates"], ["pools"]];

export function TemplateActions({ template, me }: { readonly template: Template; readonly me: User }) {
  const goTo = useGoTo();
  const [open, setOpen] = useState<"deprecate" | "delete" | null>(null);
  const restore = useCall("deprecateTemplate", refreshes);
  const refusal = templateRefusal(me, template.organization);
  const { name, deprecatedAt, activeVersion } = template;
  const items = [
    deprecatedAt === null
      ? {
          label: "Deprecate…",
          icon: <Archive size={15} />,
          disabledBecause: refusal,
          onSelect: () => setOpen("deprecate"),
        }
      : {
          label: "Take the deprecation back",
          icon: <ArchiveRestore size={15} />,
          disabledBecause: refusal,
          onSelect: () =>
            restore.mutate(
              { params: { template: name }, query: {}, body: { deprecated: false } },
              { onError: ({ message }) => showToast({ tone: "bad", text: message }) },
            ),
        },
    {
      label: "Delete…",
      icon: <Trash2 size={15} />,
      isDestructive: true,
      disabledBecause: refusal,
      onSelect: () => setOpen("delete"),
    },
  ];
  return (
    <>
      <Button
        icon={<Upload size={15} aria-hidden />}
        disabledBecause={refusal}
        onClick={() => goTo(`/publish?template=${encodeURIComponent(name)}`)}
      >
        Publish version
      </Button>
      <Button
        kind="primary"
        icon={<Plus size={15} aria-hidden />}
        disabledBecause={
          deprecatedAt !== null
            ? "The template is deprecated."
            : activeVersion === null
              ? "It has no active version."
              : undefined
        }
        onClick={() => goTo(`/new?template=${encodeURIComponent(name)}`)}
      >
        Create workspace
      </Button>
      <Menu items={items} trigger={<IconButton label={`More actions of ${name}`} icon={<Ellipsis size={16} />} />} />
      {open === "deprecate" ? <Deprecate template={template} onClose={() => setOpen(null)} /> : null}
      {open === "delete" ? <DeleteTemplate template={template} onClose={() => setOpen(null)} /> : null}
    </>
  );
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
      description={`No new workspaces are made from it, and its pools drain. The ${workspaces} that people have stay as they are.`}
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
