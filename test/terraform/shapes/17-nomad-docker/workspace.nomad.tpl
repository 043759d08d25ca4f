job "coder-${username}-${workspace_name}" {
  datacenters = ["dc1"]
  group "workspace" {
    task "agent" {
      driver = "docker"
      template {
        data        = <<EOH
${coder_init_script}
EOH
        destination = "local/init.sh"
      }
      env {
        CODER_AGENT_TOKEN = "${coder_agent_token}"
      }
      config {
        image   = "example/base:ubuntu"
        command = "sh"
        args    = ["local/init.sh"]
      }
      resources {
        cores = ${cores}
      }
    }
  }
}
