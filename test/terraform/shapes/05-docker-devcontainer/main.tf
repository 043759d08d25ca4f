terraform {
  required_providers {
    coder      = { source = "coder/coder" }
    docker     = { source = "kreuzwerker/docker" }
    envbuilder = { source = "coder/envbuilder" }
    local      = { source = "hashicorp/local" }
  }
}

data "coder_workspace" "me" {}
data "coder_workspace_owner" "me" {}
data "coder_provisioner" "me" {}

variable "cache_repo_docker_config_path" {
  default   = ""
  sensitive = true
}

data "local_sensitive_file" "registry" {
  count    = var.cache_repo_docker_config_path == "" ? 0 : 1
  filename = var.cache_repo_docker_config_path
}

data "coder_parameter" "repo" {
  name    = "repo"
  default = "https://git.example/repo"
  mutable = true
}

data "coder_parameter" "builder" {
  name    = "builder"
  default = "builder:1"
  mutable = true
}

data "coder_parameter" "fallback_image" {
  name    = "fallback_image"
  default = "base:1"
  mutable = true
}

data "coder_parameter" "cores" {
  name    = "cores"
  type    = "number"
  default = "2"
  mutable = true
  validation {
    min = 1
    max = 8
  }
}

resource "coder_agent" "main" {
  os   = "linux"
  arch = data.coder_provisioner.me.arch
  env = {
    GIT_AUTHOR_NAME  = coalesce(data.coder_workspace_owner.me.full_name, data.coder_workspace_owner.me.name)
    GIT_AUTHOR_EMAIL = data.coder_workspace_owner.me.email
  }
  metadata {
    key          = "0_cpu"
    display_name = "cpu"
    script       = "coder stat cpu"
    interval     = 10
    timeout      = 1
  }
}

locals {
  envbuilder_env = {
    ENVBUILDER_GIT_URL              = data.coder_parameter.repo.value
    ENVBUILDER_INIT_SCRIPT          = replace(coder_agent.main.init_script, "127.0.0.1", "host.docker.internal")
    ENVBUILDER_DOCKER_CONFIG_BASE64 = try(data.local_sensitive_file.registry[0].content, "")
    CODER_AGENT_TOKEN               = coder_agent.main.token
  }
}

resource "envbuilder_cached_image" "cached" {
  count         = data.coder_workspace.me.start_count
  builder_image = data.coder_parameter.builder.value
  git_url       = data.coder_parameter.repo.value
  cache_repo    = "registry.example/cache"
  extra_env     = local.envbuilder_env
}

resource "docker_volume" "home" {
  name = "prewarm-${data.coder_workspace.me.id}-home"
  labels {
    label = "owner"
    value = data.coder_workspace_owner.me.name
  }
  lifecycle {
    ignore_changes = all
  }
}

resource "docker_container" "workspace" {
  count      = data.coder_workspace.me.start_count
  image      = envbuilder_cached_image.cached[0].image
  name       = "box-${data.coder_workspace_owner.me.name}-${lower(data.coder_workspace.me.name)}"
  hostname   = data.coder_workspace.me.name
  entrypoint = ["sh", "-c", "eval \"$ENVBUILDER_INIT_SCRIPT\""]
  env        = [for k, v in local.envbuilder_env : "${k}=${v}"]
  host {
    host = "host.docker.internal"
    ip   = "host-gateway"
  }
  volumes {
    container_path = "/home/coder"
    volume_name    = docker_volume.home.name
  }
  labels {
    label = "workspace"
    value = data.coder_workspace.me.name
  }
}

resource "coder_metadata" "info" {
  count       = data.coder_workspace.me.start_count
  resource_id = docker_volume.home.id
  item {
    key   = "repository"
    value = data.coder_parameter.repo.value
  }
  item {
    key       = "cache"
    value     = "registry.example/cache"
    sensitive = true
  }
}
