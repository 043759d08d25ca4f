import { CodedError, type Problem } from "../../../contracts/errors.ts";
import type { Manifest } from "../../../contracts/manifest.ts";
import type { DockerSection } from "../../../contracts/manifest-docker.ts";
import { sizeBytes } from "./byte-size.ts";
import { capabilitiesByDefault, capabilitiesToAsk } from "./capabilities.ts";
import { homePathDefault, homeVolume } from "./docker-names.ts";
import type { DockerSettings } from "./docker-settings.ts";
import { referencesIn } from "./template-values.ts";

/**
 * The section `docker` of a template that can be used here.
 * Errors: `invalid_template`, with every field that is wrong.
 */
export function checkTemplate(manifest: Manifest, settings: DockerSettings): DockerSection {
  const section = manifest.docker;
  if (section === undefined) {
    throw new CodedError("invalid_template", "A template of the docker driver needs the section `docker`.", {
      next: "Add to template.yaml: `docker: { image: debian:bookworm }`.",
    });
  }
  const problems = [
    ...((manifest.agents ?? []).length === 0
      ? [problem("agents", "at least one agent is needed: it is what people use")]
      : []),
    ...valueProblems(manifest, section),
    ...volumeProblems(section),
    ...sizeProblems(section),
    ...networkProblems(section, settings),
    ...privilegeProblems(section, settings),
    ...reservedNames(section),
  ];
  if (problems.length === 0) return section;
  const said = problems.map(({ field, reason }) => `${field}: ${reason}`).join("; ");
  throw new CodedError("invalid_template", `The docker driver refuses the template: ${said}.`, { problems });
}

function problem(field: string, reason: string): Problem {
  return { field, reason };
}

/** Only parameters that exist, and that a claim cannot change: the container is there before its owner is known. */
function valueProblems(manifest: Manifest, section: DockerSection): readonly Problem[] {
  const texts: readonly (readonly [string, string])[] = [
    ["docker.image", section.image],
    ...Object.entries(section.env ?? {}).map(([name, text]) => [`docker.env.${name}`, text] as const),
  ];
  const known = new Set((manifest.parameters ?? []).map(({ name }) => name));
  const pools = (manifest.presets ?? []).filter(({ prebuilds }) => prebuilds !== undefined);
  return texts.flatMap(([field, text]) => {
    const { parameters, others } = referencesIn(text);
    return [
      ...others.map((other) =>
        problem(field, `${other} is no parameter: write \${parameters.NAME}, or $\${ for a plain \${`),
      ),
      ...parameters.flatMap((name) => {
        if (!known.has(name)) return [problem(field, `the template has no parameter "${name}"`)];
        const open = pools.find((preset) => !Object.hasOwn(preset.parameters ?? {}, name));
        if (open === undefined) return [];
        return [
          problem(
            field,
            `the preset "${open.name}" has prebuilds and leaves the parameter "${name}" open, so a claim could ask for another value than the container has: fix it in the preset, or read PREWARM_PARAMETER_… in the claim hook`,
          ),
        ];
      }),
    ];
  });
}

function volumeProblems(section: DockerSection): readonly Problem[] {
  const home = section.home ?? homePathDefault;
  const volumes = section.volumes ?? [];
  return volumes.flatMap((volume, index) => [
    ...(volume.name === homeVolume
      ? [problem(`docker.volumes[${index}].name`, "the home's volume has this name")]
      : []),
    ...(volumes.slice(0, index).some(({ name }) => name === volume.name)
      ? [problem(`docker.volumes[${index}].name`, `another volume is named "${volume.name}"`)]
      : []),
    ...(volume.path === home || volumes.slice(0, index).some(({ path }) => path === volume.path)
      ? [problem(`docker.volumes[${index}].path`, `another volume is mounted at ${volume.path}`)]
      : []),
  ]);
}

const memoryBytesMin = 6 * 1_048_576;

function sizeProblems(section: DockerSection): readonly Problem[] {
  const bytes = section.memory === undefined ? memoryBytesMin : sizeBytes(section.memory);
  return bytes < memoryBytesMin ? [problem("docker.memory", "Docker gives a container 6MiB at least")] : [];
}

function networkProblems(section: DockerSection, settings: DockerSettings): readonly Problem[] {
  const networks = section.networks ?? [];
  const alone = networks.find((name) => name === "host" || name === "none" || name === "default");
  return [
    ...(alone !== undefined && networks.length > 1 ? [problem("docker.networks", `"${alone}" stands alone`)] : []),
    ...(networks.includes("none") ? [problem("docker.networks", "without a network the agent reaches nobody")] : []),
    ...(networks.includes("host") && !settings.isPrivilegedAllowed
      ? [problem("docker.networks", `the host's own network ${needsLeave}`)]
      : []),
    ...(networks.includes("host") && (section.ports ?? []).length > 0
      ? [problem("docker.ports", "on the host's own network every port is the host's already")]
      : []),
  ];
}

const needsLeave = "is refused here: an operator has to set provisioner.docker_allow_privileged";

function privilegeProblems(section: DockerSection, settings: DockerSettings): readonly Problem[] {
  if (settings.isPrivilegedAllowed) return [];
  const free = new Set([...capabilitiesByDefault, ...capabilitiesToAsk]);
  const refused = (section.cap_add ?? []).map((name) => name.replace(/^CAP_/, "")).filter((name) => !free.has(name));
  return [
    ...(section.privileged === true ? [problem("docker.privileged", `a privileged container ${needsLeave}`)] : []),
    ...refused.map((name) => problem("docker.cap_add", `${name} ${needsLeave}`)),
  ];
}

function reservedNames(section: DockerSection): readonly Problem[] {
  return Object.keys(section.env ?? {})
    .filter((name) => name === "HOME" || name.startsWith("PREWARM_"))
    .map((name) =>
      problem(
        `docker.env.${name}`,
        name === "HOME" ? "docker.home sets it" : "names that begin with PREWARM_ are Prewarm's",
      ),
    );
}
