import type { BuildDetail, Workspace } from "../../contracts/api/workspaces.ts";
import { keys } from "../api/keys.ts";
import { useApi } from "../api/use-api.ts";
import { ConfirmDialog } from "../components/confirm-dialog.tsx";
import { useTransition } from "./use-transition.ts";

interface DeleteWorkspaceProps {
  readonly workspace: Workspace;
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

const addressesShown = 6;
const volumePattern = /volume|disk|pvc|claim/i;

export function DeleteWorkspace({ workspace, isOpen, onClose }: DeleteWorkspaceProps) {
  const transition = useTransition(workspace);
  const { id, name, owner } = workspace;
  const made = useApi("getBuild", {
    key: keys.workspacePart(`${owner}/${name}`, "latest build"),
    input: { params: { workspace: id, number: 0 } },
    isEnabled: isOpen,
  });
  const resources = made.data?.resources ?? null;
  const hasVolumes = resources?.some(({ type }) => volumePattern.test(type)) ?? false;
  return (
    <ConfirmDialog
      isOpen={isOpen}
      onClose={onClose}
      title={`Delete ${name}?`}
      effect={
        <>
          <Effect workspace={workspace} resources={resources} />
          {made.error === null ? null : (
            <p className="mt-2">What is on it could not be asked, so there may be volumes: {made.error.message}</p>
          )}
        </>
      }
      verb={`Delete ${name}`}
      typed={hasVolumes || made.error !== null ? name : undefined}
      isDestructive
      isBusy={transition.isPending}
      error={transition.error}
      onConfirm={() => transition.mutate("delete", { onSuccess: onClose })}
    />
  );
}

interface EffectProps {
  readonly workspace: Workspace;
  readonly resources: BuildDetail["resources"];
}

/** In numbers, as far as its driver has told. */
function Effect({ workspace: { name, owner, cost }, resources }: EffectProps) {
  const addresses = (resources ?? []).map(({ address }) => address);
  const rest = addresses.length - addressesShown;
  const volumes = (resources ?? []).filter(({ type }) => volumePattern.test(type)).length;
  return (
    <>
      <p>
        The workspace {owner}/{name} is ended, with all its files. This cannot be taken back.
      </p>
      {addresses.length === 0 ? null : (
        <p className="mt-2">
          {addresses.length} {addresses.length === 1 ? "thing goes" : "things go"}
          {volumes === 0 ? "" : `, ${volumes} of them ${volumes === 1 ? "a volume" : "volumes"}`}:{" "}
          <span className="break-all text-text">{addresses.slice(0, addressesShown).join(", ")}</span>
          {rest > 0 ? ` and ${rest} more` : ""}.
        </p>
      )}
      {cost === 0 ? null : (
        <p className="mt-2">
          {cost} cost {cost === 1 ? "unit" : "units"} of {owner}’s quota are free again.
        </p>
      )}
    </>
  );
}
