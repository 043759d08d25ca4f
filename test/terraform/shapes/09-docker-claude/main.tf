terraform {
  required_providers {
    coder  = { source = "coder/coder" }
    docker = { source = "kreuzwerker/docker" }
  }
}

data "coder_workspace" "me" {}
data "coder_workspace_owner" "me" {}
data "coder_provisioner" "me" {}

data "coder_parameter" "p0" {
  name    = "p0"
  default = "text"
  mutable = true
}

data "coder_parameter" "p1" {
  name    = "p1"
  type    = "bool"
  default = "true"
  mutable = true
}

data "coder_parameter" "p2" {
  name    = "p2"
  type    = "number"
  default = "2"
  mutable = true
  validation {
    min = 1
    max = 16
  }
}

data "coder_parameter" "p3" {
  name    = "p3"
  default = "small"
  mutable = true
  option {
    name  = "SMALL"
    value = "small"
  }
  option {
    name  = "LARGE"
    value = "large"
  }
}

data "coder_parameter" "p4" {
  name    = "p4"
  default = "text"
  mutable = true
}

data "coder_parameter" "p5" {
  name    = "p5"
  type    = "bool"
  default = "true"
  mutable = true
}

data "coder_parameter" "p6" {
  name    = "p6"
  type    = "number"
  default = "2"
  mutable = true
  validation {
    min = 1
    max = 16
  }
}

data "coder_parameter" "p7" {
  name    = "p7"
  default = "small"
  mutable = true
  option {
    name  = "SMALL"
    value = "small"
  }
  option {
    name  = "LARGE"
    value = "large"
  }
}

data "coder_parameter" "p8" {
  name    = "p8"
  default = "text"
  mutable = true
}

data "coder_parameter" "p9" {
  name    = "p9"
  type    = "bool"
  default = "true"
  mutable = true
}

data "coder_parameter" "p10" {
  name    = "p10"
  type    = "number"
  default = "2"
  mutable = true
  validation {
    min = 1
    max = 16
  }
}

data "coder_parameter" "p11" {
  name    = "p11"
  default = "small"
  mutable = true
  option {
    name  = "SMALL"
    value = "small"
  }
  option {
    name  = "LARGE"
    value = "large"
  }
}

resource "coder_agent" "main" {
  os   = "linux"
  arch = data.coder_provisioner.me.arch
}

resource "coder_env" "session" {
  agent_id = coder_agent.main.id
  name     = "CODER_SESSION"
  value    = data.coder_workspace_owner.me.session_token
}

module "claude" {
  count    = data.coder_workspace.me.start_count
  source   = "./modules/claude"
  agent_id = coder_agent.main.id
}

module "login" {
  count    = data.coder_workspace.me.start_count
  source   = "./modules/login"
  agent_id = coder_agent.main.id
}

module "clone" {
  count    = data.coder_workspace.me.start_count
  source   = "./modules/clone"
  agent_id = coder_agent.main.id
}

module "dotfiles" {
  count    = data.coder_workspace.me.start_count
  source   = "./modules/dotfiles"
  agent_id = coder_agent.main.id
}

module "files" {
  count    = data.coder_workspace.me.start_count
  source   = "./modules/files"
  agent_id = coder_agent.main.id
}

module "term" {
  count    = data.coder_workspace.me.start_count
  source   = "./modules/term"
  agent_id = coder_agent.main.id
}

module "keys" {
  count    = data.coder_workspace.me.start_count
  source   = "./modules/keys"
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
