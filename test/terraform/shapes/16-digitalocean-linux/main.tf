terraform {
  required_providers {
    coder        = { source = "coder/coder" }
    digitalocean = { source = "digitalocean/digitalocean" }
  }
}

data "coder_workspace" "me" {}
data "coder_workspace_owner" "me" {}
data "coder_provisioner" "me" {}

variable "ssh_key_id" {
  type    = number
  default = 0
  validation {
    condition     = var.ssh_key_id >= 0
    error_message = "The number of a key is not below 0."
  }
}

data "coder_parameter" "size" {
  name    = "size"
  default = "small"
  mutable = true
}

data "coder_parameter" "home_volume_size" {
  name    = "home_volume_size"
  type    = "number"
  default = "20"
  validation {
    min       = 1
    max       = 999999
    monotonic = "increasing"
  }
}

resource "coder_agent" "main" {
  os   = "linux"
  arch = "amd64"
  metadata {
    key          = "disk"
    display_name = "Home"
    interval     = 600
    timeout      = 30
    script       = "coder stat disk --path /home/${lower(data.coder_workspace_owner.me.name)}"
  }
}

resource "digitalocean_volume" "home" {
  region = "ams3"
  name   = "coder-${data.coder_workspace.me.id}-home"
  size   = data.coder_parameter.home_volume_size.value
  lifecycle {
    ignore_changes = all
  }
}

resource "digitalocean_droplet" "workspace" {
  region     = "ams3"
  count      = data.coder_workspace.me.start_count
  name       = "coder-${data.coder_workspace_owner.me.name}-${data.coder_workspace.me.name}"
  image      = "ubuntu-24-04-x64"
  size       = data.coder_parameter.size.value
  volume_ids = [digitalocean_volume.home.id]
  user_data = templatefile("cloud-config.yaml.tftpl", {
    username          = lower(data.coder_workspace_owner.me.name)
    init_script       = base64encode(coder_agent.main.init_script)
    coder_agent_token = coder_agent.main.token
  })
}

resource "coder_metadata" "volume-info" {
  resource_id = digitalocean_volume.home.id
  item {
    key   = "size"
    value = "${digitalocean_volume.home.size} GiB"
  }
}
