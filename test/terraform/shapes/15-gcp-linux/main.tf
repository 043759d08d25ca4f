terraform {
  required_providers {
    coder  = { source = "coder/coder" }
    google = { source = "hashicorp/google" }
  }
}

variable "project_id" {}

data "coder_workspace" "me" {}
data "coder_workspace_owner" "me" {}
data "coder_provisioner" "me" {}

data "coder_parameter" "zone" {
  name    = "zone"
  default = "europe-west4-b"
  mutable = true
  option {
    name  = "EUROPE-WEST4-B"
    value = "europe-west4-b"
  }
  option {
    name  = "US-CENTRAL1-A"
    value = "us-central1-a"
  }
}

provider "google" {
  zone    = data.coder_parameter.zone.value
  project = var.project_id
}

resource "coder_agent" "main" {
  auth = "google-instance-identity"
  os   = "linux"
  arch = "amd64"
}

resource "google_compute_disk" "root" {
  name = "box-${data.coder_workspace.me.id}"
  type = "pd-ssd"
  zone = data.coder_parameter.zone.value
  lifecycle {
    ignore_changes = [name, image]
  }
}

resource "google_compute_instance" "dev" {
  count        = data.coder_workspace.me.start_count
  name         = "box-${lower(data.coder_workspace_owner.me.name)}-${lower(data.coder_workspace.me.name)}"
  zone         = data.coder_parameter.zone.value
  machine_type = "e2-medium"
  boot_disk {
    auto_delete = false
    source      = google_compute_disk.root.name
  }
  network_interface {
    network = "default"
  }
  metadata_startup_script = <<-EOT
    #!/usr/bin/env sh
    exec sudo -u ada sh -c '${coder_agent.main.init_script}'
  EOT
}

resource "coder_agent_instance" "dev" {
  count       = data.coder_workspace.me.start_count
  agent_id    = coder_agent.main.id
  instance_id = google_compute_instance.dev[0].id
}
