/** The lines of the manifest that say how many prebuilds a preset has. */
export function sizeLines(preset: string, instances: string): string {
  const name = /^[a-z][a-z0-9-]*$/i.test(preset) ? preset : JSON.stringify(preset);
  const count = /^\d+$/.test(instances) ? String(Number(instances)) : "0";
  return ["presets:", `  - name: ${name}`, "    prebuilds:", `      instances: ${count}`].join("\n");
}

export function sizeCommands(template: string): string {
  return [
    `prewarm templates pull ${template}`,
    `# change the lines in ${template}/template.yaml, and look at the difference:`,
    `prewarm templates diff ${template} ${template}`,
    `prewarm templates push ${template} --name ${template}`,
  ].join("\n");
}
