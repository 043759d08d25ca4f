terraform {
  required_providers {
    coder = { source = "coder/coder" }
    nomad = { source = "hashicorp/nomad" }
  }
}

variable "nomad_address" {
  default = "http://127.0.0.1:4646"
}

provider "nomad" {
  address = var.nomad_address
}

data "coder_workspace" "me" {}
data "coder_workspace_owner" "me" {}
data "coder_provisioner" "me" {}

data "coder_parameter" "cpu" {
  name    = "cpu"
  type    = "number"
  default = "1000"
  mutable = true
  validation {
    min = 500
    max = 4000
  }
}

resource "coder_agent" "main" {
  os   = "linux"
  arch = data.coder_provisioner.me.arch
}

resource "nomad_job" "workspace" {
  count = data.coder_workspace.me.start_count
  jobspec = templatefile("${path.module}/workspace.nomad.tftpl", {
    name              = "box-${data.coder_workspace.me.name}"
    cpu               = data.coder_parameter.cpu.value
    init_script       = coder_agent.main.init_script
    coder_agent_token = coder_agent.main.token
  })
  detach = false
}
