terraform {
  required_providers {
    coder = { source = "coder/coder" }
  }
}

data "coder_provisioner" "me" {}
data "coder_workspace" "me" {}
data "coder_workspace_owner" "me" {}

resource "coder_agent" "main" {
  os   = data.coder_provisioner.me.os
  arch = data.coder_provisioner.me.arch
}

resource "coder_env" "greeting" {
  agent_id = coder_agent.main.id
  name     = "GREETING"
  value    = "hello ${data.coder_workspace_owner.me.name}"
}

resource "coder_script" "hello" {
  agent_id     = coder_agent.main.id
  display_name = "Hello"
  run_on_start = true
  script       = "echo \"$GREETING\" >> ~/greetings"
}

# Nobody starts a scratch workspace: here it is a process beside the provisioner.
resource "terraform_data" "machine" {
  count = data.coder_workspace.me.start_count
  input = { pid = abspath("${path.root}/machine.pid"), home = abspath("${path.root}/home") }

  provisioner "local-exec" {
    command = <<-EOT
      mkdir -p "$HOME"
      setsid sh -c 'echo $$ > "$PID_FILE"; exec sh -c "$INIT"' < /dev/null > /dev/null 2>&1 &
      until test -s "$PID_FILE"; do sleep 0.05; done
    EOT
    environment = {
      HOME              = self.input.home
      PID_FILE          = self.input.pid
      INIT              = coder_agent.main.init_script
      CODER_AGENT_TOKEN = coder_agent.main.token
    }
  }

  provisioner "local-exec" {
    when    = destroy
    command = "kill -KILL \"-$(cat '${self.input.pid}')\"; rm -f '${self.input.pid}'"
  }
}
