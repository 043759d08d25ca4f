terraform {
  required_providers {
    coder  = { source = "coder/coder", version = ">= 2.13" }
    docker = { source = "kreuzwerker/docker", version = "~> 4.0" }
  }
}

data "coder_workspace" "me" {}
data "coder_workspace_owner" "me" {}
data "coder_provisioner" "me" {}

data "coder_task" "me" {}

data "coder_workspace_preset" "quick" {
  name       = "Quick: one ready"
  parameters = {}
  prebuilds {
    instances = 1
  }
}

resource "coder_agent" "main" {
  os   = "linux"
  arch = data.coder_provisioner.me.arch
  env = {
    GIT_AUTHOR_NAME  = coalesce(data.coder_workspace_owner.me.full_name, data.coder_workspace_owner.me.name)
    GIT_AUTHOR_EMAIL = data.coder_workspace_owner.me.email
  }
}

module "one" {
  count    = data.coder_workspace.me.start_count
  source   = "./modules/one"
  agent_id = coder_agent.main.id
}

module "two" {
  count    = data.coder_workspace.me.start_count
  source   = "./modules/two"
  agent_id = coder_agent.main.id
}

module "three" {
  count    = data.coder_workspace.me.start_count
  source   = "./modules/three"
  agent_id = coder_agent.main.id
}

module "four" {
  count    = data.coder_workspace.me.start_count
  source   = "./modules/four"
  agent_id = coder_agent.main.id
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
  image      = "example/base:1"
  name       = "box-${data.coder_workspace_owner.me.name}-${lower(data.coder_workspace.me.name)}"
  hostname   = data.coder_workspace.me.name
  entrypoint = ["sh", "-c", replace(coder_agent.main.init_script, "/localhost|127\\.0\\.0\\.1/", "host.docker.internal")]
  env        = ["CODER_AGENT_TOKEN=${coder_agent.main.token}", "PROMPT=${data.coder_task.me.prompt}"]
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
