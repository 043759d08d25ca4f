export const templateAddress = (name: string): string => `/templates/${encodeURIComponent(name)}`;
export const versionAddress = (template: string, version: number): string =>
  `${templateAddress(template)}/versions/${version}`;
