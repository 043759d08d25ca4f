import { booleanOption, stringOption } from "./option.ts";

/** What the operator of a daemon decides about Docker; the docker driver reads it, templates cannot. */
export const dockerOptions = {
  dockerHost: stringOption({
    name: "provisioner.docker_host",
    default: "unix:///var/run/docker.sock",
    envAliases: ["DOCKER_HOST"],
    description: "Docker Engine of the docker driver: unix:///path, or tcp://host:port.",
  }),
  dockerCertPath: stringOption({
    name: "provisioner.docker_cert_path",
    default: "",
    envAliases: ["DOCKER_CERT_PATH"],
    description: "Folder with ca.pem, cert.pem and key.pem for a Docker Engine over TCP with TLS.",
  }),
  dockerAuthFile: stringOption({
    name: "provisioner.docker_auth_file",
    default: "",
    description: "File with credentials of image registries, in the shape of Docker's config.json.",
  }),
  dockerAllowPrivileged: booleanOption({
    name: "provisioner.docker_allow_privileged",
    default: false,
    description:
      "Whether templates may ask for privileged containers, any capability, and the host's network: each means root on the Docker host.",
  }),
  dockerPublishAddress: stringOption({
    name: "provisioner.docker_publish_address",
    default: "127.0.0.1",
    description: "Address of the Docker host on which containers' ports are published.",
  }),
};
