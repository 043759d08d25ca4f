// What our look-alikes of public templates use of other people's providers. Names, types and what makes a thing anew are
// facts of their public interface.
import { many, one, setOf, type StandInProvider } from "./notation.ts";

const docker: StandInProvider = {
  address: "kreuzwerker/docker",
  config: { host: "string" },
  resources: {
    docker_image: {
      name: "string required new",
      image_id: "string computed",
      keep_locally: "bool",
      force_remove: "bool",
      triggers: "map new",
      build: setOf({
        context: "string required new",
        dockerfile: "string new",
        build_args: "map new",
        tag: "list new",
      }),
    },
    docker_volume: {
      name: "string optional computed new",
      driver: "string optional computed new",
      mountpoint: "string computed",
      labels: setOf({ label: "string required new", value: "string required new" }),
    },
    docker_container: {
      name: "string required new",
      image: "string required new",
      hostname: "string optional computed new",
      domainname: "string new",
      entrypoint: "list optional computed new",
      command: "list optional computed new",
      env: "set optional computed new",
      user: "string new",
      working_dir: "string new",
      dns: "set new",
      privileged: "bool new",
      runtime: "string optional computed new",
      network_mode: "string new",
      memory: "number",
      restart: "string",
      must_run: "bool",
      host: setOf({ host: "string required new", ip: "string required new" }),
      volumes: setOf({
        container_path: "string new",
        host_path: "string new",
        volume_name: "string new",
        read_only: "bool new",
      }),
      labels: setOf({ label: "string required new", value: "string required new" }),
    },
  },
  dataSources: { docker_registry_image: { name: "string required", sha256_digest: "string computed" } },
};

const metadata = one({
  name: "string optional computed new",
  namespace: "string new",
  labels: "map",
  annotations: "map",
});

const podSpec = {
  automount_service_account_token: "bool",
  service_account_name: "string",
  hostname: "string",
  security_context: one({ run_as_user: "string", fs_group: "string", run_as_non_root: "bool" }),
  container: many({
    name: "string required",
    image: "string",
    image_pull_policy: "string",
    command: "list",
    args: "list",
    security_context: one({ run_as_user: "string", privileged: "bool" }),
    env: many({ name: "string required", value: "string" }),
    resources: one({ requests: "map", limits: "map" }),
    volume_mount: many({
      mount_path: "string required",
      name: "string required",
      read_only: "bool",
      sub_path: "string",
    }),
  }),
  volume: many({
    name: "string",
    persistent_volume_claim: one({ claim_name: "string", read_only: "bool" }),
    empty_dir: one({ medium: "string" }),
  }),
};

const kubernetes: StandInProvider = {
  address: "hashicorp/kubernetes",
  config: { config_path: "string", host: "string" },
  resources: {
    kubernetes_persistent_volume_claim_v1: {
      wait_until_bound: "bool",
      metadata,
      spec: one({
        access_modes: "set required new",
        storage_class_name: "string new",
        resources: one({ requests: "map", limits: "map" }),
      }),
    },
    kubernetes_deployment_v1: {
      wait_for_rollout: "bool",
      metadata,
      spec: one({
        replicas: "string",
        selector: one({ match_labels: "map new" }),
        strategy: one({ type: "string" }),
        template: one({ metadata, spec: one(podSpec) }),
      }),
    },
    // Of a pod alone nearly nothing can be changed.
    kubernetes_pod_v1: {
      metadata,
      spec: one({
        ...podSpec,
        container: many({
          name: "string required new",
          image: "string new",
          image_pull_policy: "string new",
          command: "list new",
          args: "list new",
          security_context: one({ run_as_user: "string new", privileged: "bool new" }),
          env: many({ name: "string required new", value: "string new" }),
          volume_mount: many({ mount_path: "string required new", name: "string required new" }),
        }),
      }),
    },
  },
};

const clouds: readonly StandInProvider[] = [
  {
    address: "hashicorp/aws",
    config: { region: "string" },
    resources: {
      aws_instance: {
        ami: "string required new",
        instance_type: "string required",
        availability_zone: "string new",
        user_data: "string optional computed",
        user_data_base64: "string optional computed",
        tags: "map",
        root_block_device: one({ volume_size: "number" }),
      },
      aws_ec2_instance_state: { instance_id: "string required new", state: "string required" },
    },
    dataSources: {
      aws_ami: {
        most_recent: "bool",
        owners: "list",
        filter: setOf({ name: "string required", values: "list required" }),
      },
    },
  },
  {
    address: "hashicorp/google",
    config: { project: "string", zone: "string" },
    resources: {
      google_compute_disk: { name: "string required new", type: "string new", zone: "string new", image: "string new" },
      google_compute_instance: {
        name: "string required new",
        machine_type: "string required",
        zone: "string new",
        metadata: "map",
        metadata_startup_script: "string new",
        instance_id: "string computed",
        boot_disk: one({ auto_delete: "bool new", source: "string new" }),
        network_interface: many({ network: "string", access_config: many({ nat_ip: "string" }) }),
        service_account: one({ email: "string", scopes: "set required" }),
      },
    },
    dataSources: { google_compute_default_service_account: { email: "string computed" } },
  },
  {
    address: "digitalocean/digitalocean",
    resources: {
      digitalocean_volume: { name: "string required new", region: "string required new", size: "number required" },
      digitalocean_droplet: {
        name: "string required",
        region: "string new",
        size: "string required",
        image: "string required new",
        user_data: "string new",
        volume_ids: "set",
      },
    },
  },
  {
    address: "hashicorp/nomad",
    config: { address: "string" },
    resources: { nomad_job: { jobspec: "string required", detach: "bool" } },
  },
  {
    address: "lxc/incus",
    resources: {
      incus_volume: { name: "string required new", pool: "string required new", config: "map" },
      incus_instance: {
        name: "string required new",
        image: "string new",
        type: "string new",
        running: "bool",
        profiles: "list",
        config: "map",
      },
      incus_instance_file: {
        instance: "string required new",
        content: "string new",
        target_path: "string required new",
        mode: "string new",
      },
    },
  },
];

const helpers: readonly StandInProvider[] = [
  {
    address: "coder/envbuilder",
    resources: {
      envbuilder_cached_image: {
        builder_image: "string required new",
        git_url: "string required new",
        cache_repo: "string required new",
        insecure: "bool new",
        extra_env: "map",
        image: "string computed",
        env: "list computed",
        env_map: "map computed",
        exists: "bool computed",
      },
    },
  },
  { address: "hashicorp/null", resources: { null_resource: { triggers: "map new" } } },
  {
    address: "hashicorp/random",
    resources: { random_id: { byte_length: "number required new", keepers: "map new", hex: "string computed" } },
  },
  {
    address: "hashicorp/http",
    dataSources: { http: { url: "string required", request_headers: "map", response_body: "string computed" } },
  },
  {
    address: "hashicorp/local",
    resources: { local_file: { filename: "string required new", content: "string new" } },
    dataSources: { local_sensitive_file: { filename: "string required", content: "string computed" } },
  },
  {
    address: "hashicorp/cloudinit",
    dataSources: {
      cloudinit_config: {
        gzip: "bool",
        base64_encode: "bool",
        boundary: "string",
        part: many({ filename: "string", content_type: "string", content: "string required" }),
        rendered: "string computed",
      },
    },
  },
];

export const standInProviders: readonly StandInProvider[] = [docker, kubernetes, ...clouds, ...helpers];
