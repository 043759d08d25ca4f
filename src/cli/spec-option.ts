import { Option } from "commander";

/** An option that knows the values it can have, for completion; that they are kept to is for its command's `read`. */
export class SpecOption extends Option {
  readonly valueChoices: readonly string[] | undefined;

  constructor(flags: string, about: string, valueChoices: readonly string[] | undefined) {
    super(flags, about);
    this.valueChoices = valueChoices;
  }
}
