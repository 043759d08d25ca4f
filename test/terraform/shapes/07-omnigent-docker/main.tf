terraform {
  required_version = ">= 1.5"
  required_providers {
    coder  = { source = "coder/coder", version = ">= 2.13" }
    docker = { source = "kreuzwerker/docker", version = "~> 4.0" }
  }
}

data "coder_workspace" "me" {}
data "coder_workspace_owner" "me" {}
data "coder_provisioner" "me" {}

variable "api_key" {
  type      = string
  default   = ""
  sensitive = true
}

resource "coder_agent" "main" {
  os   = "linux"
  arch = data.coder_provisioner.me.arch
  env = merge(
    { OWNER = data.coder_workspace_owner.me.name },
    var.api_key == "" ? {} : { API_KEY = var.api_key },
  )
}

module "tool" {
  source   = "./modules/tool"
  agent_id = coder_agent.main.id
}

module "mux" {
  source   = "./modules/mux"
  agent_id = coder_agent.main.id
}

module "setup" {
  source   = "./modules/setup"
  agent_id = coder_agent.main.id
}

module "files" {
  source   = "./modules/files"
  agent_id = coder_agent.main.id
}

resource "docker_volume" "home" {
  name = "coder-${data.coder_workspace.me.id}-home"
  lifecycle {
    ignore_changes = all
  }
}

resource "docker_container" "workspace" {
  count      = data.coder_workspace.me.start_count
  image      = "example/base:ubuntu"
  name       = "coder-${data.coder_workspace_owner.me.name}-${lower(data.coder_workspace.me.name)}"
  entrypoint = ["sh", "-c", coder_agent.main.init_script]
  env        = ["CODER_AGENT_TOKEN=${coder_agent.main.token}"]
  volumes {
    container_path = "/home/coder"
    volume_name    = docker_volume.home.name
  }
}
