terraform {
  required_providers {
    coder = { source = "coder/coder" }
    nomad = { source = "hashicorp/nomad" }
  }
}

data "coder_workspace" "me" {}
data "coder_workspace_owner" "me" {}
data "coder_provisioner" "me" {}

variable "nomad_provider_address" {
  type    = string
  default = "http://192.0.2.1:4646"
}

provider "nomad" {
  address = var.nomad_provider_address
}

data "coder_parameter" "cpu" {
  name    = "cpu"
  type    = "string"
  default = "1"
  mutable = true
  validation {
    regex = "^[0-9]+$"
    error = "It is a number."
  }
}

resource "coder_agent" "main" {
  os             = "linux"
  arch           = "amd64"
  startup_script = "echo ready"
}

resource "nomad_job" "workspace" {
  count  = data.coder_workspace.me.start_count
  detach = false
  jobspec = templatefile("${path.module}/workspace.nomad.tpl", {
    username          = data.coder_workspace_owner.me.name
    workspace_name    = lower(data.coder_workspace.me.name)
    cores             = data.coder_parameter.cpu.value
    coder_init_script = coder_agent.main.init_script
    coder_agent_token = coder_agent.main.token
  })
}

resource "coder_metadata" "workspace_info" {
  count       = data.coder_workspace.me.start_count
  resource_id = nomad_job.workspace[0].id
  item {
    key   = "CPU"
    value = data.coder_parameter.cpu.value
  }
}
