terraform {
  required_providers {
    coder = { source = "coder/coder" }
    incus = { source = "lxc/incus" }
    null  = { source = "hashicorp/null" }
  }
}

data "coder_workspace" "me" {}
data "coder_workspace_owner" "me" {}
data "coder_provisioner" "me" {}

data "coder_parameter" "image" {
  name    = "image"
  default = "images:ubuntu/24.04/cloud"
  mutable = true
}

locals {
  workspace_user    = lower(data.coder_workspace_owner.me.name)
  is_running        = data.coder_workspace.me.transition == "start"
  agent_id          = local.is_running ? coder_agent.main[0].id : ""
  agent_token       = local.is_running ? coder_agent.main[0].token : ""
  agent_init_script = local.is_running ? base64encode(coder_agent.main[0].init_script) : ""
}

resource "coder_agent" "main" {
  count = data.coder_workspace.me.start_count
  arch  = data.coder_provisioner.me.arch
  os    = "linux"
  dir   = "/home/${local.workspace_user}"
  env = {
    CODER_WORKSPACE_ID = data.coder_workspace.me.id
  }
}

resource "incus_volume" "home" {
  name = "coder-${data.coder_workspace.me.id}-home"
  pool = "default"
}

resource "incus_instance" "dev" {
  running = local.is_running
  name    = "coder-${local.workspace_user}-${lower(data.coder_workspace.me.name)}"
  image   = data.coder_parameter.image.value
  config = {
    "security.nesting"     = "true"
    "cloud-init.user-data" = <<-EOF
      #cloud-config
      write_files:
        - path: /opt/coder/init
          permissions: "0755"
          encoding: b64
          content: ${local.agent_init_script}
    EOF
  }
}

resource "incus_instance_file" "agent_token" {
  count       = data.coder_workspace.me.start_count
  instance    = incus_instance.dev.name
  content     = "CODER_AGENT_TOKEN=${local.agent_token}"
  target_path = "/opt/coder/init.env"
  mode        = "0644"
}

resource "null_resource" "started" {
  count = data.coder_workspace.me.start_count
  triggers = {
    instance = incus_instance.dev.id
    token    = sha256(local.agent_token)
  }
}

resource "coder_metadata" "info" {
  count       = data.coder_workspace.me.start_count
  resource_id = incus_instance.dev.name
  item {
    key   = "agent"
    value = local.agent_id
  }
}
