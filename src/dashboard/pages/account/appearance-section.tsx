import { Card } from "../../components/card.tsx";
import { RadioGroup } from "../../components/radio-group.tsx";
import { changeLook, look, type Theme } from "../../state/look.ts";
import { useStore } from "../../state/store.ts";

export default function AppearanceSection() {
  const { theme, density, hasSingleKeys } = useStore(look);
  return (
    <Card title="Appearance, in this browser" className="max-w-2xl">
      <RadioGroup
        label="Theme"
        value={theme}
        choices={[
          { value: "system", label: "That of the system" },
          { value: "light", label: "Light" },
          { value: "dark", label: "Dark" },
        ]}
        onChange={(value) => changeLook({ theme: value as Theme })}
      />
      <RadioGroup
        label="Rows"
        value={density}
        choices={[
          { value: "comfortable", label: "Comfortable" },
          { value: "compact", label: "Compact" },
        ]}
        onChange={(value) => changeLook({ density: value === "compact" ? "compact" : "comfortable" })}
      />
      <RadioGroup
        label="Single-letter keys"
        value={hasSingleKeys ? "on" : "off"}
        choices={[
          { value: "on", label: "On: ? shows them" },
          { value: "off", label: "Off, for voice control and for keyboards that type by themselves" },
        ]}
        onChange={(value) => changeLook({ hasSingleKeys: value === "on" })}
      />
    </Card>
  );
}
