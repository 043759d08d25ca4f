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

variable "cache_repo" {
  type    = string
  default = ""
}

variable "cache_repo_config_path" {
  type      = string
  default   = ""
  sensitive = true
}

data "coder_parameter" "repo" {
  name         = "repo"
  display_name = "Repository (auto)"
  order        = 1
  mutable      = true
  default      = "https://git.example.com/one"
  option {
    name  = "one"
    value = "https://git.example.com/one"
  }
  option {
    name  = "custom"
    value = "custom"
  }
}

data "coder_parameter" "custom_repo_url" {
  name    = "custom_repo_url"
  order   = 2
  default = ""
  mutable = true
}

data "coder_parameter" "fallback_image" {
  name    = "fallback_image"
  order   = 3
  default = "example/base:ubuntu"
  mutable = true
}

data "coder_parameter" "builder" {
  name        = "devcontainer_builder"
  description = "Image that builds the container."
  order       = 4
  default     = "example/builder:1"
  mutable     = true
}

data "local_sensitive_file" "cache_config" {
  count    = var.cache_repo_config_path == "" ? 0 : 1
  filename = var.cache_repo_config_path
}

locals {
  repo_url = data.coder_parameter.repo.value == "custom" ? data.coder_parameter.custom_repo_url.value : data.coder_parameter.repo.value
  envbuilder_env = {
    "ENVBUILDER_GIT_URL"        = local.repo_url
    "ENVBUILDER_FALLBACK_IMAGE" = data.coder_parameter.fallback_image.value
    "ENVBUILDER_INIT_SCRIPT"    = replace(coder_agent.main.init_script, "/localhost|127\\.0\\.0\\.1/", "host.docker.internal")
    "CODER_AGENT_TOKEN"         = coder_agent.main.token
    "CODER_AGENT_URL"           = replace(data.coder_workspace.me.access_url, "/localhost|127\\.0\\.0\\.1/", "host.docker.internal")
    "ENVBUILDER_CACHE_CONFIG"   = try(data.local_sensitive_file.cache_config[0].content, "")
  }
  docker_env = [for k, v in local.envbuilder_env : "${k}=${v}"]
}

resource "coder_agent" "main" {
  os   = "linux"
  arch = data.coder_provisioner.me.arch
  dir  = "/workspaces"
  env  = { GIT_AUTHOR_NAME = data.coder_workspace_owner.me.name }
}

resource "docker_volume" "workspaces" {
  name = "coder-${data.coder_workspace.me.id}"
  lifecycle {
    ignore_changes = all
  }
}

resource "docker_image" "builder" {
  name         = data.coder_parameter.builder.value
  keep_locally = true
}

resource "envbuilder_cached_image" "cached" {
  count         = var.cache_repo == "" ? 0 : data.coder_workspace.me.start_count
  builder_image = data.coder_parameter.builder.value
  git_url       = local.repo_url
  cache_repo    = var.cache_repo
  extra_env     = local.envbuilder_env
}

resource "docker_container" "workspace" {
  count    = data.coder_workspace.me.start_count
  image    = var.cache_repo == "" ? docker_image.builder.image_id : envbuilder_cached_image.cached[0].image
  name     = "coder-${data.coder_workspace_owner.me.name}-${lower(data.coder_workspace.me.name)}"
  hostname = data.coder_workspace.me.name
  env      = var.cache_repo == "" ? local.docker_env : envbuilder_cached_image.cached[0].env
  host {
    host = "host.docker.internal"
    ip   = "host-gateway"
  }
  volumes {
    container_path = "/workspaces"
    volume_name    = docker_volume.workspaces.name
  }
}

resource "coder_metadata" "container_info" {
  count       = data.coder_workspace.me.start_count
  resource_id = coder_agent.main.id
  item {
    key   = "workspace image"
    value = var.cache_repo == "" ? data.coder_parameter.builder.value : envbuilder_cached_image.cached[0].image
  }
  item {
    key   = "git url"
    value = local.repo_url
  }
}
