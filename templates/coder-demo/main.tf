# A template in the shape of those written for Coder: there is no template.yaml, all of it is here.
# It needs nothing but Terraform: its "container" is a process on the provisioner's host.
terraform {
  required_providers {
    coder = {
      source = "coder/coder"
    }
  }
}

data "coder_workspace" "me" {}
data "coder_workspace_owner" "me" {}
data "coder_provisioner" "me" {}

data "coder_parameter" "greeting" {
  name         = "Greeting"
  display_name = "How you are greeted"
  default      = "Hello"
  mutable      = true
  order        = 1

  option {
    name  = "English"
    value = "Hello"
  }
  option {
    name  = "Hawaiian"
    value = "Aloha"
  }
}

data "coder_workspace_preset" "hello" {
  name    = "Hello: ready at once"
  default = true
  parameters = {
    (data.coder_parameter.greeting.name) = "Hello"
  }
  prebuilds {
    instances = 1
  }
}

locals {
  # Beside the template's files, in a folder of the workspace alone; its path is the same in each build.
  home = abspath("${path.root}/home")
}

resource "coder_agent" "main" {
  os   = "linux"
  arch = data.coder_provisioner.me.arch
  env = {
    GREETING = "${data.coder_parameter.greeting.value}, ${data.coder_workspace_owner.me.full_name}!"
  }

  # Runs once when a prebuild is made, for nobody, and once more as its owner when it is claimed.
  startup_script = <<-EOT
    echo "$GREETING" >> ~/greetings
  EOT

  metadata {
    display_name = "Memory"
    key          = "memory"
    script       = "coder stat mem"
    interval     = 10
    timeout      = 5
  }
}

resource "coder_env" "editor" {
  agent_id = coder_agent.main.id
  name     = "EDITOR"
  value    = "vi"
}

resource "coder_script" "tidy" {
  agent_id     = coder_agent.main.id
  display_name = "Tidy up"
  script       = "#!/bin/sh\ndate > ~/tidied"
  cron         = "*/10 * * * * *"
}

# Survives a stop: only a delete removes it.
resource "terraform_data" "home" {
  input = local.home

  provisioner "local-exec" {
    command = "mkdir -p \"$HOME_FOLDER\""
    environment = {
      HOME_FOLDER = self.input
    }
  }

  provisioner "local-exec" {
    when    = destroy
    command = "rm -rf \"$HOME_FOLDER\""
    environment = {
      HOME_FOLDER = self.input
    }
  }

  lifecycle {
    ignore_changes = all
  }
}

# In place of a container. As most of them it is made anew when anything that it was made from changes: here the
# agent's token and script, and the names of workspace and owner. A claim changes both names, and it stays.
resource "terraform_data" "container" {
  count = data.coder_workspace.me.start_count
  input = terraform_data.home.output
  triggers_replace = [
    sha256(coder_agent.main.token),
    sha256(coder_agent.main.init_script),
    "coder-${lower(data.coder_workspace_owner.me.name)}-${lower(data.coder_workspace.me.name)}",
  ]

  provisioner "local-exec" {
    # In a session of its own (setsid), so that it outlives Terraform; it notes its number before it does anything.
    command = <<-EOT
      set -e
      env -i HOME="$HOME" PATH="$PATH" CODER_AGENT_TOKEN="$CODER_AGENT_TOKEN" \
        setsid sh -c 'echo $$ > "$HOME/.container.pid"; exec sh -c "$0"' "$INIT_SCRIPT" \
        < /dev/null > "$HOME/.container.log" 2>&1 &
      until test -s "$HOME/.container.pid"; do sleep 0.05; done
    EOT
    environment = {
      HOME              = self.input
      CODER_AGENT_TOKEN = coder_agent.main.token
      INIT_SCRIPT       = coder_agent.main.init_script
    }
  }

  # May find anything: one that runs, one that has ended, or none, when its creation was cut off.
  provisioner "local-exec" {
    when    = destroy
    command = <<-EOT
      # What scripts have left in the background has this home, as all that such a container ran.
      sweep() {
        for process in /proc/[0-9]*; do
          grep -qsz "^HOME=$HOME\$" "$process/environ" && ! grep -qsz "^TF_" "$process/environ" || continue
          test "$${process#/proc/}" = "$$" || kill -KILL "$${process#/proc/}" 2> /dev/null || true
        done
      }
      test -s "$HOME/.container.pid" || exit 0
      container="$(cat "$HOME/.container.pid")"
      rm -f "$HOME/.container.pid"
      # One that has ended stays in the table of processes until its parent looks, which may take seconds.
      runs() { kill -0 "-$container" 2> /dev/null && ! grep -qs '^State:[[:space:]]*Z' "/proc/$container/status"; }
      kill -TERM "-$container" 2> /dev/null || { sweep; exit 0; }
      # 35 s, so that what runs at a stop may have its 30.
      for turn in $(seq 700); do
        runs || break
        sleep 0.05
      done
      kill -KILL "-$container" 2> /dev/null || true
      sweep
    EOT
    environment = {
      HOME = self.input
    }
  }
}

resource "coder_metadata" "home" {
  resource_id = terraform_data.home.id
  daily_cost  = 0
  item {
    key   = "folder"
    value = local.home
  }
}
