import type { Job } from "../../../contracts/api/jobs.ts";
import { keys } from "../../api/keys.ts";
import { useCall } from "../../api/use-call.ts";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import { jobTitle } from "./job-words.tsx";

interface CancelJobProps {
  /** Null while nobody asks. */
  readonly job: Job | null;
  readonly onClose: () => void;
}

/** Asks before a job is cancelled, and says what that ends. */
export function CancelJob({ job, onClose }: CancelJobProps) {
  const cancel = useCall("cancelJob", [["jobs"], job === null ? ["job"] : keys.job(job.id)]);
  const close = (): void => {
    cancel.reset();
    onClose();
  };
  return (
    <ConfirmDialog
      isOpen={job !== null}
      onClose={close}
      title={job === null ? "" : `Cancel “${jobTitle(job)}”?`}
      effect={job === null ? "" : effectOf(job)}
      verb="Cancel the job"
      isDestructive
      isBusy={cancel.isPending}
      error={cancel.error}
      onConfirm={() => cancel.mutate({ params: { jobId: job?.id ?? "" } }, { onSuccess: close })}
    />
  );
}

function effectOf({ status, isPrebuild, kind }: Job): string {
  const end =
    status === "pending"
      ? "It ends at once, and nothing of it is done."
      : "Its daemon is asked to stop it; what it has made by then stays until the workspace is built again or deleted.";
  if (kind === "template_import") return `${end} The version cannot be used.`;
  return isPrebuild ? `${end} Its pool builds another one if it wants one.` : end;
}
