terraform {
  required_providers {
    coder  = { source = "coder/coder" }
    docker = { source = "kreuzwerker/docker" }
  }
}

variable "docker_socket" {
  default = ""
}

provider "docker" {
  host = var.docker_socket != "" ? var.docker_socket : null
}

data "coder_workspace" "me" {}
data "coder_workspace_owner" "me" {}
data "coder_provisioner" "me" {}

data "coder_workspace_preset" "quick" {
  name       = "Quick: one ready"
  parameters = {}
  prebuilds {
    instances = 1
  }
}

resource "coder_agent" "main" {
  os             = "linux"
  arch           = data.coder_provisioner.me.arch
  startup_script = "touch ~/.init_done"
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
  metadata {
    key          = "1_ram"
    display_name = "ram"
    script       = "coder stat mem"
    interval     = 10
    timeout      = 1
  }
  metadata {
    key          = "2_home"
    display_name = "home"
    script       = "coder stat disk --path $HOME"
    interval     = 60
    timeout      = 1
  }
  metadata {
    key          = "3_host_cpu"
    display_name = "host_cpu"
    script       = "coder stat cpu --host"
    interval     = 10
    timeout      = 1
  }
  metadata {
    key          = "4_host_mem"
    display_name = "host_mem"
    script       = "coder stat mem --host --prefix Gi"
    interval     = 10
    timeout      = 1
  }
  metadata {
    key          = "5_load"
    display_name = "load"
    script       = "cut -d' ' -f1 /proc/loadavg"
    interval     = 60
    timeout      = 1
  }
  metadata {
    key          = "6_swap"
    display_name = "swap"
    script       = "free -b | tail -1"
    interval     = 10
    timeout      = 1
  }
}

module "editor" {
  count    = data.coder_workspace.me.start_count
  source   = "./modules/editor"
  agent_id = coder_agent.main.id
}

module "ide" {
  count    = data.coder_workspace.me.start_count
  source   = "./modules/ide"
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
  env        = ["CODER_AGENT_TOKEN=${coder_agent.main.token}"]
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
