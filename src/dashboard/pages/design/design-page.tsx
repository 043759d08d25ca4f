import { Copy, Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import { ApiError } from "../../api/api-error.ts";
import { Badge } from "../../components/badge.tsx";
import { Banner } from "../../components/banner.tsx";
import { Button } from "../../components/button.tsx";
import { Card } from "../../components/card.tsx";
import { Checkbox } from "../../components/checkbox.tsx";
import { CodeBlock } from "../../components/code-block.tsx";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { ErrorState } from "../../components/error-state.tsx";
import { IconButton } from "../../components/icon-button.tsx";
import { KeyValue } from "../../components/key-value.tsx";
import { Menu } from "../../components/menu.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { usePageTitle } from "../../components/page-title.ts";
import { ProgressBar } from "../../components/progress-bar.tsx";
import { RadioGroup } from "../../components/radio-group.tsx";
import { Select } from "../../components/select.tsx";
import { Skeleton } from "../../components/skeleton.tsx";
import { State } from "../../components/state.tsx";
import { Tabs } from "../../components/tabs.tsx";
import { TextField } from "../../components/text-field.tsx";
import { Time } from "../../components/time.tsx";
import { showToast } from "../../components/toasts.ts";

const nothing = (): void => undefined;
const tones = ["ok", "busy", "warn", "bad", "off"] as const;
const error = new ApiError({
  code: "build_failed",
  message: "The template's own steps failed.",
  next: "Look at the build's log.",
  requestId: "5a1c",
  status: 500,
});

export default function DesignPage() {
  usePageTitle("Design");
  return (
    <>
      <PageHeader
        title="Design"
        aside={<Badge>for developers</Badge>}
        crumbs={[{ label: "Workspaces", to: "/workspaces" }]}
      >
        Every component, in its states.
      </PageHeader>
      <Tabs
        label="Example of tabs"
        tabs={[
          { label: "Current", to: "/design", isCurrent: true },
          { label: "Other", to: "/design?other=1", isCurrent: false },
        ]}
      />
      <div className="grid gap-4 md:grid-cols-2">
        <Actions />
        <States />
        <Fields />
        <Waiting />
      </div>
    </>
  );
}

function Actions() {
  const [isAsking, setAsking] = useState(false);
  const close = (): void => setAsking(false);
  return (
    <Card title="Actions">
      <div className="flex flex-wrap gap-2">
        <Button kind="primary" icon={<Plus size={14} aria-hidden />}>
          Create workspace
        </Button>
        <Button onClick={() => showToast({ tone: "ok", text: "dev is stopped." })}>Show a toast</Button>
        <Button kind="quiet">Quiet</Button>
        <Button kind="danger" onClick={() => setAsking(true)}>
          Delete dev
        </Button>
        <Button disabledBecause="It is starting.">Start</Button>
        <Button isBusy>Saving…</Button>
        <IconButton label="Copy" icon={<Copy size={14} />} />
        <Menu
          trigger={<Button>Menu</Button>}
          items={[
            { label: "Stop", onSelect: nothing, disabledBecause: "It is stopped already." },
            { label: "Delete…", icon: <Trash2 size={15} />, onSelect: nothing, isDestructive: true },
          ]}
        />
      </div>
      <ConfirmDialog
        isOpen={isAsking}
        onClose={close}
        title="Delete dev?"
        effect="2 volumes with 14 GiB are deleted with it."
        verb="Delete dev"
        typed="dev"
        isDestructive
        onConfirm={close}
      />
    </Card>
  );
}

function States() {
  return (
    <Card title="States">
      <div className="mb-4 flex flex-wrap gap-2">
        {tones.map((tone) => (
          <State key={tone} tone={tone}>
            {tone}
          </State>
        ))}
      </div>
      {tones.map((tone) => (
        <Banner key={tone} tone={tone}>
          Something is {tone}.
        </Banner>
      ))}
      <KeyValue
        rows={[
          ["Created", <Time key="time" at="2026-01-01T00:00:00.000Z" />],
          ["Template", "node / small"],
        ]}
      />
    </Card>
  );
}

function Fields() {
  const [text, setText] = useState("dev");
  const [choice, setChoice] = useState("eu");
  const [isOn, setOn] = useState(true);
  const choices = [
    { value: "eu", label: "Europe", description: "Near to most." },
    { value: "us", label: "America" },
  ];
  return (
    <Card title="Fields">
      <TextField label="Name" hint="Letters and digits." value={text} onChange={setText} />
      <TextField label="Wrong" error="It is taken." value={text} onChange={setText} />
      <Select label="Region" choices={choices} value={choice} onChange={setChoice} />
      <RadioGroup label="Region once more" choices={choices} value={choice} onChange={setChoice} />
      <RadioGroup asCards label="As cards" choices={choices} value={choice} onChange={setChoice} />
      <Checkbox label="Stop it by night" hint="From 20:00." isChecked={isOn} onChange={setOn} />
    </Card>
  );
}

function Waiting() {
  return (
    <Card title="Waiting, nothing, and faults">
      <Skeleton lines={2} />
      <ProgressBar label="Of the build" share={0.4} />
      <div className="my-4">
        <EmptyState title="No workspace matches." action={<Button>Clear filter</Button>} />
      </div>
      <ErrorState error={error} onRetry={nothing} />
      <div className="mt-4">
        <CodeBlock label="command" text="prewarm ssh dev" />
      </div>
    </Card>
  );
}
