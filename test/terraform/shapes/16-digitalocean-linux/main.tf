terraform {
  required_providers {
    coder        = { source = "coder/coder" }
    digitalocean = { source = "digitalocean/digitalocean" }
  }
}

variable "do_token" {
  sensitive = true
}

provider "digitalocean" {
  token = var.do_token
}

data "coder_workspace" "me" {}
data "coder_workspace_owner" "me" {}
data "coder_provisioner" "me" {}

data "coder_parameter" "size" {
  name    = "size"
  default = "s-1vcpu-1gb"
  mutable = true
  option {
    name  = "S-1VCPU-1GB"
    value = "s-1vcpu-1gb"
  }
  option {
    name  = "S-2VCPU-2GB"
    value = "s-2vcpu-2gb"
  }
}

resource "coder_agent" "main" {
  os   = "linux"
  arch = data.coder_provisioner.me.arch
  metadata {
    key          = "0_disk"
    display_name = "disk"
    script       = "coder stat disk"
    interval     = 60
    timeout      = 1
  }
}

resource "digitalocean_volume" "home" {
  name   = "box-${data.coder_workspace.me.id}"
  region = "ams3"
  size   = 20
  lifecycle {
    ignore_changes = all
  }
}

resource "digitalocean_droplet" "workspace" {
  count      = data.coder_workspace.me.start_count
  name       = "box-${data.coder_workspace_owner.me.name}-${data.coder_workspace.me.name}"
  image      = "ubuntu-24-04-x64"
  region     = "ams3"
  size       = data.coder_parameter.size.value
  volume_ids = [digitalocean_volume.home.id]
  user_data = templatefile("cloud-config.yaml.tftpl", {
    init_script       = base64encode(coder_agent.main.init_script)
    coder_agent_token = coder_agent.main.token
  })
}
