import type {
  Attribute,
  Block,
  NestedBlock,
  ProviderSchemas,
  TypeSchema,
  ValueType,
} from "../../../src/provisioner/coder-provider/schema/schema-shape.ts";

/**
 * Attributes by name, a nested block being an object: `"required replaces string"`, `"list"` (of strings), `"map"`. Only
 * what the shapes of test/terraform/shapes use is here; what replaces is a fact of the provider's documentation.
 */
interface Draft {
  readonly [name: string]: string | Draft;
}

const types: Readonly<Record<string, ValueType>> = {
  string: "string",
  number: "number",
  bool: "bool",
  list: ["list", "string"],
  set: ["set", "string"],
  map: ["map", "string"],
};

function attribute(words: string): Attribute {
  const of = words.split(" ");
  const type = types[of.at(-1) ?? ""];
  if (type === undefined) throw new Error(`"${words}" names no type.`);
  const use = of.includes("required")
    ? "required"
    : of.includes("computed")
      ? of.includes("optional")
        ? "optional, computed"
        : "computed"
      : "optional";
  return { type, use, about: "", ...(of.includes("replaces") ? { replaces: true as const } : {}) };
}

function block(draft: Draft): Block {
  const entries = Object.entries(draft);
  return {
    attributes: Object.fromEntries(
      entries.flatMap(([name, of]) => (typeof of === "string" ? [[name, attribute(of)] as const] : [])),
    ),
    blocks: Object.fromEntries(
      entries.flatMap(([name, of]): readonly (readonly [string, NestedBlock])[] =>
        typeof of === "string" ? [] : [[name, { nesting: "list", about: "", block: block(of) }]],
      ),
    ),
  };
}

const schemas = (drafts: Readonly<Record<string, Draft>>): Record<string, TypeSchema> =>
  Object.fromEntries(
    Object.entries(drafts).map(([name, draft]) => [
      name,
      { version: 0, about: "", block: block({ id: "optional computed string", ...draft }) },
    ]),
  );

function provider(
  resources: Readonly<Record<string, Draft>>,
  dataSources: Readonly<Record<string, Draft>> = {},
  config: Draft = {},
): ProviderSchemas {
  return {
    provider: { version: 0, about: "", block: block(config) },
    resources: schemas(resources),
    dataSources: schemas(dataSources),
  };
}

const metadata: Draft = {
  name: "required replaces string",
  namespace: "replaces string",
  labels: "map",
  annotations: "map",
};
const podSpec: Draft = {
  container: {
    name: "required string",
    image: "string",
    image_pull_policy: "string",
    command: "list",
    args: "list",
    env: { name: "required string", value: "string" },
    security_context: { run_as_user: "string", privileged: "bool" },
    resources: { requests: "map", limits: "map" },
    volume_mount: { mount_path: "required string", name: "required string", read_only: "bool" },
  },
  volume: { name: "string", persistent_volume_claim: { claim_name: "string", read_only: "bool" } },
  security_context: { run_as_user: "string", fs_group: "string" },
};
// A pod cannot be changed; a deployment's template can.
const marked = (draft: Draft): Draft =>
  Object.fromEntries(
    Object.entries(draft).map(([name, of]) => [name, typeof of === "string" ? `replaces ${of}` : marked(of)]),
  );
const claim: Draft = {
  wait_until_bound: "bool",
  metadata,
  spec: { access_modes: "required replaces list", resources: { requests: "map" } },
};
const pod: Draft = { metadata, spec: marked(podSpec) };
const deployment: Draft = {
  wait_for_rollout: "bool",
  metadata,
  spec: {
    replicas: "string",
    selector: { match_labels: "replaces map" },
    strategy: { type: "string" },
    template: { metadata: { labels: "map", annotations: "map" }, spec: podSpec },
  },
};

/** By the source of each provider. */
export const standInSchemas: Readonly<Record<string, ProviderSchemas>> = {
  "kreuzwerker/docker": provider(
    {
      docker_image: {
        name: "required replaces string",
        keep_locally: "bool",
        image_id: "computed string",
        triggers: "replaces map",
        build: { context: "required replaces string", dockerfile: "replaces string", build_args: "replaces map" },
      },
      docker_volume: {
        name: "optional replaces computed string",
        labels: { label: "replaces string", value: "replaces string" },
      },
      docker_container: {
        name: "required replaces string",
        image: "required replaces string",
        hostname: "replaces string",
        user: "replaces string",
        entrypoint: "replaces list",
        command: "replaces list",
        env: "replaces set",
        privileged: "replaces bool",
        host: { host: "required replaces string", ip: "required replaces string" },
        volumes: {
          container_path: "replaces string",
          volume_name: "replaces string",
          host_path: "replaces string",
          read_only: "replaces bool",
        },
        labels: { label: "required replaces string", value: "required replaces string" },
      },
    },
    { docker_registry_image: { name: "required string", sha256_digest: "computed string" } },
    { host: "string" },
  ),
  "hashicorp/kubernetes": provider(
    {
      kubernetes_persistent_volume_claim: claim,
      kubernetes_persistent_volume_claim_v1: claim,
      kubernetes_pod: pod,
      kubernetes_deployment: deployment,
      kubernetes_deployment_v1: deployment,
    },
    {},
    { config_path: "string" },
  ),
  "coder/envbuilder": provider({
    envbuilder_cached_image: {
      builder_image: "required replaces string",
      git_url: "required replaces string",
      cache_repo: "required replaces string",
      extra_env: "replaces map",
      insecure: "replaces bool",
      image: "computed string",
      env: "computed list",
    },
  }),
  "hashicorp/null": provider({ null_resource: { triggers: "replaces map" } }),
  "hashicorp/random": provider({ random_id: { byte_length: "required replaces number", hex: "computed string" } }),
  "hashicorp/http": provider(
    {},
    { http: { url: "required string", response_body: "computed string", status_code: "computed number" } },
  ),
  "hashicorp/local": provider(
    { local_sensitive_file: { filename: "required replaces string", content: "replaces string" } },
    { local_sensitive_file: { filename: "required string", content: "computed string" } },
  ),
  "hashicorp/cloudinit": provider(
    {},
    {
      cloudinit_config: {
        gzip: "bool",
        base64_encode: "bool",
        boundary: "string",
        rendered: "computed string",
        part: { filename: "string", content_type: "string", content: "required string" },
      },
    },
  ),
  "hashicorp/aws": provider(
    {
      aws_instance: {
        ami: "replaces string",
        instance_type: "string",
        availability_zone: "replaces string",
        user_data: "string",
        tags: "map",
        root_block_device: { volume_size: "number" },
      },
      aws_ec2_instance_state: { instance_id: "required replaces string", state: "required string" },
    },
    { aws_ami: { most_recent: "bool", owners: "list", filter: { name: "required string", values: "required list" } } },
    { region: "string" },
  ),
  "hashicorp/google": provider(
    {
      google_compute_disk: {
        name: "required replaces string",
        type: "replaces string",
        zone: "replaces string",
        image: "replaces string",
      },
      google_compute_instance: {
        name: "required replaces string",
        machine_type: "required string",
        zone: "replaces string",
        metadata_startup_script: "replaces string",
        metadata: "map",
        boot_disk: { auto_delete: "bool", source: "string" },
        network_interface: { network: "string" },
      },
    },
    { google_compute_default_service_account: { email: "computed string" } },
    { zone: "string", project: "string" },
  ),
  "digitalocean/digitalocean": provider(
    {
      digitalocean_volume: {
        name: "required replaces string",
        region: "required replaces string",
        size: "required number",
      },
      digitalocean_droplet: {
        name: "required string",
        image: "required replaces string",
        region: "replaces string",
        size: "required string",
        user_data: "replaces string",
        volume_ids: "set",
        ssh_keys: "replaces set",
      },
    },
    {},
    { token: "string" },
  ),
  "hashicorp/nomad": provider({ nomad_job: { jobspec: "required string", detach: "bool" } }, {}, { address: "string" }),
  "lxc/incus": provider({
    incus_storage_volume: { name: "required replaces string", pool: "required replaces string", config: "map" },
    incus_instance: {
      name: "required replaces string",
      image: "replaces string",
      type: "replaces string",
      running: "bool",
      config: "map",
      device: { name: "required string", type: "required string", properties: "map" },
    },
  }),
};
