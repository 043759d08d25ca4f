terraform {
  required_providers {
    coder  = { source = "coder/coder" }
    docker = { source = "kreuzwerker/docker" }
  }
}

variable "docker_socket" {
  type    = string
  default = ""
}

provider "docker" {
  host = var.docker_socket != "" ? var.docker_socket : null
}

locals {
  username = data.coder_workspace_owner.me.name
  samples = {
    "0_cpu"       = { name = "CPU", script = "coder stat cpu" }
    "1_mem"       = { name = "RAM", script = "coder stat mem" }
    "2_home"      = { name = "Home", script = "coder stat disk --path $HOME" }
    "3_cpu_host"  = { name = "CPU of the host", script = "coder stat cpu --host" }
    "4_mem_host"  = { name = "RAM of the host", script = "coder stat mem --host --prefix Gi" }
    "5_load_host" = { name = "Load", script = "cut -d' ' -f1 /proc/loadavg" }
    "6_swap"      = { name = "Swap", script = "grep -c . /proc/swaps" }
  }
}

data "coder_provisioner" "me" {}
data "coder_workspace" "me" {}
data "coder_workspace_owner" "me" {}

resource "coder_agent" "main" {
  os             = "linux"
  arch           = data.coder_provisioner.me.arch
  startup_script = "echo \"$GIT_AUTHOR_NAME\" >> ~/started"
  env = {
    GIT_AUTHOR_NAME    = coalesce(data.coder_workspace_owner.me.full_name, local.username)
    GIT_AUTHOR_EMAIL   = data.coder_workspace_owner.me.email
    GIT_COMMITTER_NAME = coalesce(data.coder_workspace_owner.me.full_name, local.username)
  }

  dynamic "metadata" {
    for_each = local.samples
    content {
      key          = metadata.key
      display_name = metadata.value.name
      script       = metadata.value.script
      interval     = 60
      timeout      = 5
    }
  }
}

module "editor" {
  count    = data.coder_workspace.me.start_count
  source   = "./modules/editor"
  agent_id = coder_agent.main.id
  order    = 1
}

module "ide" {
  count      = data.coder_workspace.me.start_count
  source     = "./modules/ide"
  agent_id   = coder_agent.main.id
  agent_name = "main"
}

resource "docker_volume" "home" {
  name = "coder-${data.coder_workspace.me.id}-home"
  lifecycle {
    ignore_changes = all
  }
  labels {
    label = "coder.owner"
    value = data.coder_workspace_owner.me.name
  }
  labels {
    label = "coder.workspace_name_at_creation"
    value = data.coder_workspace.me.name
  }
}

resource "docker_container" "workspace" {
  count      = data.coder_workspace.me.start_count
  image      = "example/base:ubuntu"
  name       = "coder-${data.coder_workspace_owner.me.name}-${lower(data.coder_workspace.me.name)}"
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
    read_only      = false
  }
  labels {
    label = "coder.owner"
    value = data.coder_workspace_owner.me.name
  }
  labels {
    label = "coder.workspace_id"
    value = data.coder_workspace.me.id
  }
}
