/**
 * Whether prebuilds are switched on, as this server last read it (decision 0023). Claims and loops ask memory, so that
 * the switch costs a claim no statement.
 */
export interface PrebuildsSwitch {
  /** Whether the option `prebuilds.enabled` of this server allows prebuilds at all. */
  readonly isAllowed: boolean;
  isOn(): boolean;
}

export interface PrebuildsSwitchHolder extends PrebuildsSwitch {
  /** @param isStoredOn how the switch stands in the database. */
  hold(isStoredOn: boolean): void;
}

/** On until something else was read, if the option allows it. */
export function createPrebuildsSwitch(isAllowed: boolean): PrebuildsSwitchHolder {
  let isOn = isAllowed;
  return {
    isAllowed,
    isOn: () => isOn,
    hold: (isStoredOn) => {
      isOn = isAllowed && isStoredOn;
    },
  };
}
