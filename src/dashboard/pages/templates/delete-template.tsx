import { useQueryClient } from "@tanstack/react-query";
import type { Template } from "../../../contracts/api/templates.ts";
import { keys } from "../../api/keys.ts";
import { useLeaving } from "../../api/leaving.ts";
import { useApi } from "../../api/use-api.ts";
import { useCall } from "../../api/use-call.ts";
import { Button } from "../../components/button.tsx";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { PageLink } from "../../components/page-link.tsx";
import { QueryFault } from "../../components/query-fault.tsx";
import { useGoTo } from "../../state/url-state.ts";
import { workspaceAddress } from "../workspace-state.tsx";

const namedMax = 10;

interface DeleteTemplateProps {
  readonly template: Template;
  readonly onClose: () => void;
}

/** Asks before a deletion, or says what stands in its way. */
export function DeleteTemplate({ template, onClose }: DeleteTemplateProps) {
  const { name, workspaces } = template;
  const goTo = useGoTo();
  const remove = useCall("deleteTemplate", [["templates"], ["pools"]], () => goTo("/templates"));
  useLeaving(keys.template(name), remove.isPending || remove.isSuccess);
  const client = useQueryClient();
  // News that came while it was being deleted were not heard.
  const lookAgain = (): void => void client.invalidateQueries({ queryKey: keys.template(name) });
  if (workspaces > 0) return <InTheWay template={template} onClose={onClose} />;
  return (
    <ConfirmDialog
      isOpen
      onClose={onClose}
      title={`Delete ${name}?`}
      effect="Its versions and its own secrets are removed, its pools drain, and imports under way are cancelled. This cannot be taken back."
      verb={`Delete ${name}`}
      isDestructive
      typed={name}
      isBusy={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate({ params: { template: name }, query: {} }, { onError: lookAgain })}
    />
  );
}

function InTheWay({ template: { name, workspaces }, onClose }: DeleteTemplateProps) {
  const asked = { template: name, limit: namedMax };
  const list = useApi("listWorkspaces", { key: keys.workspaces(asked), input: { query: asked } });
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={`${name} cannot be deleted`}
      description={`${workspaces} ${workspaces === 1 ? "workspace is" : "workspaces are"} made from it. Delete them first, or deprecate the template so that no new ones are made.`}
    >
      <QueryFault query={list} />
      <ul aria-label="What stands in the way" className="list-disc pl-5">
        {(list.data?.workspaces ?? []).map((workspace) => (
          <li key={workspace.id}>
            <PageLink to={workspaceAddress(workspace)}>{`${workspace.owner}/${workspace.name}`}</PageLink>
          </li>
        ))}
      </ul>
      <div className="mt-4 flex flex-wrap items-center justify-between gap-2">
        <PageLink to={`/workspaces?q=${encodeURIComponent(`template:${name}`)}`}>All that you may see</PageLink>
        <Button onClick={onClose}>Close</Button>
      </div>
    </Dialog>
  );
}
