terraform {
  required_providers {
    coder  = { source = "coder/coder" }
    docker = { source = "kreuzwerker/docker" }
  }
}

data "coder_workspace" "me" {}
data "coder_workspace_owner" "me" {}
data "coder_provisioner" "me" {}

resource "coder_agent" "main" {
  os                      = "linux"
  arch                    = data.coder_provisioner.me.arch
  startup_script_behavior = "blocking"
  startup_script          = "rserver"
}

resource "coder_app" "rstudio" {
  agent_id  = coder_agent.main.id
  slug      = "rstudio"
  url       = "http://127.0.0.1:8787"
  subdomain = true
  healthcheck {
    url       = "http://127.0.0.1:8787/healthz"
    interval  = 5
    threshold = 6
  }
}

resource "coder_app" "files" {
  agent_id  = coder_agent.main.id
  slug      = "files"
  url       = "http://127.0.0.1:8788"
  subdomain = false
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
