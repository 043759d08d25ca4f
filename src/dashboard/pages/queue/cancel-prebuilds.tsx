import { useState } from "react";
import { keys } from "../../api/keys.ts";
import { useApi } from "../../api/use-api.ts";
import { useCall } from "../../api/use-call.ts";
import { FormDialog } from "../../components/form-dialog.tsx";
import { TextField } from "../../components/text-field.tsx";
import { showToast } from "../../components/toasts.ts";

const tagPattern = /^[^=]+=/;

/** Cancels the pools' builds that wait, all or those of a template or a tag. */
export function CancelPrebuilds({ onClose }: { readonly onClose: () => void }) {
  const [template, setTemplate] = useState("");
  const [tag, setTag] = useState("");
  const cancel = useCall("cancelJobs", [["jobs"], ["pools"]]);
  const isTagWhole = tag === "" || tagPattern.test(tag);
  const filter = { ...(template === "" ? {} : { template }), ...(tag === "" ? {} : { tag }) };
  const query = { ...filter, lane: "prebuilds", status: "pending", limit: 1 } as const;
  const matching = useApi("listJobs", {
    key: keys.jobs(query),
    input: { query },
    isEnabled: isTagWhole,
    keepsPrevious: true,
  });
  const submit = (): void => {
    if (!isTagWhole) return;
    cancel.mutate(
      { query: {}, body: filter },
      {
        onSuccess: ({ canceled }) => {
          showToast({
            tone: "ok",
            text: `${canceled} pending ${canceled === 1 ? "build" : "builds"} of pools cancelled.`,
          });
          onClose();
        },
      },
    );
  };
  const total = matching.data?.total ?? 0;
  return (
    <FormDialog
      isOpen
      onClose={onClose}
      title="Cancel pending builds of pools"
      description="Claims, people's jobs and deletes are never touched. A pool that still wants prebuilds queues new ones: pause reconciliation first if it must not."
      verb={`Cancel ${total} pending ${total === 1 ? "build" : "builds"}`}
      error={cancel.error ?? matching.error}
      isBusy={cancel.isPending}
      onSubmit={submit}
    >
      <TextField
        label="Only of the template"
        value={template}
        onChange={setTemplate}
        maxLength={64}
        autoComplete="off"
      />
      <TextField
        label="Only with the tag"
        hint="As key=value."
        value={tag}
        onChange={setTag}
        maxLength={128}
        autoComplete="off"
        error={isTagWhole ? undefined : "A tag is written as key=value."}
      />
    </FormDialog>
  );
}
