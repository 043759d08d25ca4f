import { useState } from "react";
import type { Setting } from "../../../contracts/api/settings.ts";
import { settingValueLengthMax } from "../../../contracts/limits.ts";
import { useCall } from "../../api/use-call.ts";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import { FormDialog } from "../../components/form-dialog.tsx";
import { TextField } from "../../components/text-field.tsx";

const refreshes = [["settings"]];

interface ChangeProps {
  readonly setting: Setting;
  readonly onClose: () => void;
}

export function ChangeSetting({ setting, onClose }: ChangeProps) {
  const store = useCall("storeSetting", refreshes);
  const [value, setValue] = useState(setting.value ?? "");
  const send = (): void => store.mutate({ params: { setting: setting.name }, body: { value } }, { onSuccess: onClose });
  return (
    <FormDialog
      isOpen
      onClose={onClose}
      title={`Change ${setting.name}`}
      description={`${setting.description} Every server has the new value within seconds.`}
      verb="Change option"
      error={store.error}
      isBusy={store.isPending}
      onSubmit={send}
    >
      <TextField
        label="Value"
        hint={`Accepted: ${setting.expected}. The default is ${setting.default || "nothing"}.`}
        value={value}
        onChange={setValue}
        required
        maxLength={settingValueLengthMax}
        autoComplete="off"
      />
    </FormDialog>
  );
}

interface ResetProps {
  readonly setting: Setting | null;
  readonly onClose: () => void;
}

export function ResetSetting({ setting, onClose }: ResetProps) {
  const reset = useCall("resetSetting", refreshes);
  const effect =
    setting?.stored?.isInForce === true
      ? `It goes back from ${setting.stored.value} to its default, ${setting.default || "nothing"}, on every server within seconds.`
      : "What is stored is forgotten. It does not count on this server.";
  return (
    <ConfirmDialog
      isOpen={setting !== null}
      onClose={onClose}
      title={`Reset ${setting?.name ?? ""}?`}
      effect={effect}
      verb={`Reset ${setting?.name ?? ""}`}
      isBusy={reset.isPending}
      error={reset.error}
      onConfirm={() => reset.mutate({ params: { setting: setting?.name ?? "" } }, { onSuccess: onClose })}
    />
  );
}
