terraform {
  required_providers {
    coder  = { source = "coder/coder" }
    docker = { source = "kreuzwerker/docker" }
  }
}

data "coder_workspace" "me" {}
data "coder_workspace_owner" "me" {}

resource "coder_agent" "main" {
  os   = "linux"
  arch = "amd64"
  env  = { OWNER = data.coder_workspace_owner.me.name }
}

resource "coder_agent" "side" {
  os   = "linux"
  arch = "amd64"
}

resource "docker_volume" "home" {
  for_each = toset(["main", "side"])
  name     = "coder-${data.coder_workspace.me.id}-${each.key}"
}

resource "docker_container" "main" {
  count      = data.coder_workspace.me.start_count
  image      = "example/base:ubuntu"
  name       = "coder-${data.coder_workspace_owner.me.name}-main"
  entrypoint = ["sh", "-c", coder_agent.main.init_script]
  env        = ["CODER_AGENT_TOKEN=${coder_agent.main.token}"]
  volumes {
    container_path = "/home/coder"
    volume_name    = docker_volume.home["main"].name
  }
}

resource "docker_container" "side" {
  count      = data.coder_workspace.me.start_count
  image      = "example/base:ubuntu"
  name       = "coder-${data.coder_workspace_owner.me.name}-side"
  entrypoint = ["sh", "-c", coder_agent.side.init_script]
  env        = ["CODER_AGENT_TOKEN=${coder_agent.side.token}"]
  volumes {
    container_path = "/home/coder"
    volume_name    = docker_volume.home["side"].name
  }
}
