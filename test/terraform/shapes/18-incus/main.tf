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
  default = "debian/12"
  mutable = true
  option {
    name  = "DEBIAN/12"
    value = "debian/12"
  }
  option {
    name  = "UBUNTU/24.04"
    value = "ubuntu/24.04"
  }
}

data "coder_parameter" "cpu" {
  name    = "cpu"
  type    = "number"
  default = "1"
  mutable = true
  validation {
    min = 1
    max = 8
  }
}

resource "coder_agent" "main" {
  os   = "linux"
  arch = data.coder_provisioner.me.arch
}

resource "incus_storage_volume" "home" {
  name = "box-${data.coder_workspace.me.id}-home"
  pool = "default"
}

resource "incus_instance" "dev" {
  name    = "box-${data.coder_workspace.me.id}"
  image   = data.coder_parameter.image.value
  running = data.coder_workspace.me.transition == "start"
  config = {
    "limits.cpu"           = data.coder_parameter.cpu.value
    "cloud-init.user-data" = <<-EOT
      #cloud-config
      write_files:
        - path: /opt/init.sh
          encoding: base64
          content: ${base64encode(coder_agent.main.init_script)}
    EOT
  }
  device {
    name       = "home"
    type       = "disk"
    properties = { source = incus_storage_volume.home.name, path = "/home" }
  }
}

resource "null_resource" "token" {
  count    = data.coder_workspace.me.start_count
  triggers = { token = coder_agent.main.token, instance = incus_instance.dev.id }
}
