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
  arch           = data.coder_provisioner.me.arch
  os             = "linux"
  dir            = "~"
  startup_script = <<-EOT
    set -e
    nohup sleep 300 >/tmp/rstudio.log 2>&1 &
  EOT
}

resource "coder_app" "rstudio" {
  agent_id     = coder_agent.main.id
  slug         = "rstudio"
  display_name = "R Studio"
  icon         = "/icon/rstudio.svg"
  url          = "http://localhost:8787"
  subdomain    = true
  share        = "owner"
  healthcheck {
    url       = "http://localhost:8787/healthz"
    interval  = 3
    threshold = 10
  }
}

resource "coder_app" "files" {
  agent_id  = coder_agent.main.id
  slug      = "files"
  url       = "http://localhost:8788/@${data.coder_workspace_owner.me.name}/${data.coder_workspace.me.name}/apps/files"
  subdomain = false
}

resource "docker_volume" "home_volume" {
  name = "coder-${data.coder_workspace.me.id}-home"
}

resource "docker_container" "workspace" {
  count    = data.coder_workspace.me.start_count
  image    = "example/rstudio:4"
  name     = "coder-${data.coder_workspace_owner.me.name}-${lower(data.coder_workspace.me.name)}"
  hostname = lower(data.coder_workspace.me.name)
  dns      = ["192.0.2.1"]
  command = [
    "sh", "-c",
    <<-EOT
    true
    ${replace(coder_agent.main.init_script, "/localhost|127\\.0\\.0\\.1/", "host.docker.internal")}
    EOT
  ]
  env = ["CODER_AGENT_TOKEN=${coder_agent.main.token}", "USER=${data.coder_workspace_owner.me.name}"]
  host {
    host = "host.docker.internal"
    ip   = "host-gateway"
  }
  volumes {
    volume_name    = docker_volume.home_volume.name
    container_path = "/home"
    read_only      = false
  }
}
