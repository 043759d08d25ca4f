terraform {
  required_providers {
    coder      = { source = "coder/coder" }
    docker     = { source = "kreuzwerker/docker" }
    envbuilder = { source = "coder/envbuilder" }
  }
}

data "coder_workspace" "me" {}
data "coder_workspace_owner" "me" {}
data "coder_provisioner" "me" {}

data "coder_parameter" "repo" {
  name    = "repo"
  default = "https://git.example.com/one"
  mutable = true
}

data "coder_parameter" "builder" {
  name    = "devcontainer_builder"
  default = "example/builder:1"
  mutable = true
}

variable "cache_repo" {
  type    = string
  default = "registry.example.com/cache"
}

locals {
  env = {
    "ENVBUILDER_GIT_URL"     = data.coder_parameter.repo.value
    "ENVBUILDER_INIT_SCRIPT" = coder_agent.main.init_script
    "CODER_AGENT_TOKEN"      = coder_agent.main.token
  }
}

resource "coder_agent" "main" {
  os   = "linux"
  arch = data.coder_provisioner.me.arch
}

resource "docker_volume" "workspaces" {
  name = "coder-${data.coder_workspace.me.id}"
  lifecycle {
    ignore_changes = all
  }
}

resource "envbuilder_cached_image" "cached" {
  count         = data.coder_workspace.me.start_count
  builder_image = data.coder_parameter.builder.value
  git_url       = data.coder_parameter.repo.value
  cache_repo    = var.cache_repo
  insecure      = true
  extra_env     = local.env
}

resource "docker_container" "workspace" {
  count = data.coder_workspace.me.start_count
  image = envbuilder_cached_image.cached[0].image
  name  = "coder-${data.coder_workspace_owner.me.name}-${lower(data.coder_workspace.me.name)}"
  env   = [for k, v in local.env : "${k}=${v}"]
  volumes {
    container_path = "/workspaces"
    volume_name    = docker_volume.workspaces.name
  }
}
