terraform {
  required_providers {
    coder  = { source = "coder/coder" }
    docker = { source = "kreuzwerker/docker" }
  }
}

data "coder_workspace" "me" {}
data "coder_workspace_owner" "me" {}
data "coder_provisioner" "me" {}

data "coder_parameter" "region" {
  name      = "region"
  type      = "string"
  form_type = "radio"
  default   = "eu"
  mutable   = true
  order     = 1
  option {
    name  = "First"
    value = "eu"
  }
  option {
    name  = "Second"
    value = "other"
  }
}

data "coder_parameter" "image" {
  name      = "image"
  type      = "string"
  form_type = "dropdown"
  default   = "base"
  mutable   = true
  order     = 2
  option {
    name  = "First"
    value = "base"
  }
  option {
    name  = "Second"
    value = "other"
  }
}

data "coder_parameter" "repo" {
  name      = "repo"
  type      = "string"
  form_type = "input"
  default   = ""
  mutable   = true
  order     = 3
}

data "coder_parameter" "prompt" {
  name      = "prompt"
  type      = "string"
  form_type = "textarea"
  default   = ""
  mutable   = true
  order     = 4
}

data "coder_parameter" "cpu" {
  name      = "cpu"
  type      = "number"
  form_type = "slider"
  default   = "2"
  mutable   = true
  order     = 5
  validation {
    min = 1
    max = 8
  }
}

data "coder_parameter" "memory" {
  name      = "memory"
  type      = "number"
  form_type = "input"
  default   = "4"
  mutable   = true
  order     = 6
}

data "coder_parameter" "dotfiles" {
  name      = "dotfiles"
  type      = "bool"
  form_type = "switch"
  default   = "false"
  mutable   = true
  order     = 7
}

data "coder_parameter" "tests" {
  name      = "tests"
  type      = "bool"
  form_type = "checkbox"
  default   = "true"
  mutable   = true
  order     = 8
}

data "coder_parameter" "model" {
  name      = "model"
  type      = "string"
  form_type = "dropdown"
  default   = "large"
  mutable   = true
  order     = 9
  option {
    name  = "First"
    value = "large"
  }
  option {
    name  = "Second"
    value = "other"
  }
}

data "coder_parameter" "disk" {
  name      = "disk"
  type      = "number"
  form_type = "input"
  default   = "10"
  mutable   = true
  order     = 10
}

data "coder_parameter" "tools" {
  name      = "tools"
  type      = "list(string)"
  form_type = "tag-select"
  default   = "[]"
  mutable   = true
  order     = 11
}

data "coder_parameter" "notes" {
  name      = "notes"
  type      = "string"
  form_type = "input"
  default   = "none"
  mutable   = true
  order     = 12
}

resource "coder_agent" "main" {
  os   = "linux"
  arch = data.coder_provisioner.me.arch
  env = {
    PROMPT = data.coder_parameter.prompt.value
    OWNER  = data.coder_workspace_owner.me.email
  }
}

module "tool" {
  for_each = toset(["claude", "editor", "files", "git", "login", "notebook", "shell"])
  source   = "./modules/tool"
  agent_id = coder_agent.main.id
  name     = each.key
}

resource "docker_volume" "home" {
  name = "coder-${data.coder_workspace.me.id}-home"
  lifecycle {
    ignore_changes = all
  }
}

resource "docker_container" "workspace" {
  count      = data.coder_workspace.me.start_count
  image      = "example/${data.coder_parameter.image.value}:ubuntu"
  name       = "coder-${data.coder_workspace_owner.me.name}-${lower(data.coder_workspace.me.name)}"
  entrypoint = ["sh", "-c", coder_agent.main.init_script]
  env = [
    "CODER_AGENT_TOKEN=${coder_agent.main.token}",
    "SESSION=${data.coder_workspace_owner.me.session_token}",
  ]
  memory = data.coder_parameter.memory.value * 1024
  volumes {
    container_path = "/home/coder"
    volume_name    = docker_volume.home.name
  }
}
