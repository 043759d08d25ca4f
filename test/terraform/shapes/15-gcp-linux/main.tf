terraform {
  required_providers {
    coder  = { source = "coder/coder" }
    google = { source = "hashicorp/google" }
  }
}

data "coder_workspace" "me" {}
data "coder_workspace_owner" "me" {}
data "coder_provisioner" "me" {}

variable "project_id" {
  description = "Where the machines are made."
}

data "coder_parameter" "zone" {
  name    = "zone"
  type    = "string"
  default = "europe-west4-b"
  mutable = false
  option {
    name  = "Netherlands"
    value = "europe-west4-b"
  }
}

provider "google" {
  zone    = data.coder_parameter.zone.value
  project = var.project_id
}

data "google_compute_default_service_account" "default" {}

resource "google_compute_disk" "root" {
  name  = "coder-${data.coder_workspace.me.id}-root"
  type  = "pd-ssd"
  zone  = data.coder_parameter.zone.value
  image = "debian-cloud/debian-12"
  lifecycle {
    ignore_changes = [name, image]
  }
}

resource "coder_agent" "main" {
  auth = "google-instance-identity"
  arch = "amd64"
  os   = "linux"
}

resource "google_compute_instance" "dev" {
  zone         = data.coder_parameter.zone.value
  count        = data.coder_workspace.me.start_count
  name         = "coder-${lower(data.coder_workspace_owner.me.name)}-${lower(data.coder_workspace.me.name)}-root"
  machine_type = "e2-medium"
  network_interface {
    network = "default"
    access_config {}
  }
  boot_disk {
    auto_delete = false
    source      = google_compute_disk.root.name
  }
  service_account {
    email  = data.google_compute_default_service_account.default.email
    scopes = ["cloud-platform"]
  }
  metadata_startup_script = <<-EOT
    #!/bin/sh
    set -eux
    sudo -u "${lower(data.coder_workspace_owner.me.name)}" sh -c '${coder_agent.main.init_script}'
  EOT
}

resource "coder_agent_instance" "dev" {
  count       = data.coder_workspace.me.start_count
  agent_id    = coder_agent.main.id
  instance_id = google_compute_instance.dev[0].instance_id
}

resource "coder_metadata" "home_info" {
  resource_id = google_compute_disk.root.id
  daily_cost  = 4
  item {
    key   = "image"
    value = google_compute_disk.root.image
  }
}
