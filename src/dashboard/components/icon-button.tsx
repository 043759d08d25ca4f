import type { ReactNode } from "react";
import { Button, type ButtonProps } from "./button.tsx";

interface IconButtonProps extends Omit<ButtonProps, "children" | "icon"> {
  /** What it does, for those who do not see the icon. */
  readonly label: string;
  readonly icon: ReactNode;
}

export function IconButton({ label, icon, kind = "quiet", ...rest }: IconButtonProps) {
  return (
    <Button {...rest} kind={kind} isSquare aria-label={label} title={label}>
      {icon}
    </Button>
  );
}
