# What Prewarm tells a template; docs/terraform.md describes each field. A field that is not named here is left out.
variable "prewarm" {
  type = object({
    workspace = object({ id = string, name = string, transition = string })
    owner     = object({ username = string, name = string, email = string, groups = list(string) })
    build     = object({ stage = string, is_prebuild = bool, is_claim = bool })
    agents    = map(object({ token = string, bootstrap = string }))
  })
}

locals {
  # Beside the template's files, in a folder of the workspace alone; its path is the same in each build.
  home  = abspath("${path.root}/home")
  agent = var.prewarm.agents["main"]
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
}

# Runs while the workspace is started. A start gives the agent a new token, so it is replaced; a claim keeps the
# token, so the agent stays: nothing here may depend on var.prewarm.owner.
resource "terraform_data" "agent" {
  count            = var.prewarm.workspace.transition == "start" ? 1 : 0
  input            = terraform_data.home.output
  triggers_replace = [sha256(local.agent.token)]

  provisioner "local-exec" {
    # In a session of its own (setsid), so that it outlives Terraform; it notes its number before it does anything.
    command = <<-EOT
      set -e
      mkdir -p "$HOME/.prewarm"
      printf '%s' "$BOOTSTRAP" > "$HOME/.prewarm/start"
      env -i HOME="$HOME" PATH="$PATH" PREWARM_AGENT_TOKEN="$PREWARM_AGENT_TOKEN" \
        setsid sh -c 'echo $$ > "$HOME/.prewarm/agent.pid"; exec sh "$HOME/.prewarm/start"' \
        < /dev/null > "$HOME/.prewarm/agent.log" 2>&1 &
      until test -s "$HOME/.prewarm/agent.pid"; do sleep 0.05; done
    EOT
    environment = {
      HOME                = self.input
      PREWARM_AGENT_TOKEN = sensitive(local.agent.token)
      BOOTSTRAP           = local.agent.bootstrap
    }
  }

  # May find anything: an agent that runs, one that has ended, or none, when its creation was cut off.
  provisioner "local-exec" {
    when    = destroy
    command = <<-EOT
      test -s "$HOME/.prewarm/agent.pid" || exit 0
      agent="$(cat "$HOME/.prewarm/agent.pid")"
      rm -f "$HOME/.prewarm/agent.pid"
      # One that has ended stays in the table of processes until its parent looks, which may take seconds.
      runs() { kill -0 "-$agent" 2> /dev/null && ! grep -qs '^State:[[:space:]]*Z' "/proc/$agent/status"; }
      kill -TERM "-$agent" 2> /dev/null || exit 0
      # 35 s, so that a `stop` hook may have its 30.
      for turn in $(seq 700); do
        runs || break
        sleep 0.05
      done
      kill -KILL "-$agent" 2> /dev/null || true
    EOT
    environment = {
      HOME = self.input
    }
  }
}

output "home" {
  value = terraform_data.home.output
}

# Optional: how resources are shown, by their addresses.
output "prewarm_resources" {
  value = {
    "terraform_data.home" = { icon = "folder", daily_cost = 0 }
  }
}
