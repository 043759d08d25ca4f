terraform {
  required_providers {
    coder = { source = "coder/coder" }
  }
}

data "coder_workspace" "me" {}
data "coder_workspace_owner" "me" {}
data "coder_provisioner" "me" {}

variable "api_token" {
  type      = string
  sensitive = true
}

variable "api" {
  type        = string
  description = "Program that is asked to make things."
}

resource "coder_agent" "main" {
  os   = "linux"
  arch = "amd64"
  env  = { OWNER = data.coder_workspace_owner.me.name }
}

locals {
  steps   = ["project", "volume", "variables", "domain", "limits"]
  service = "coder-${data.coder_workspace.me.id}"
}

resource "terraform_data" "project" {
  input = { api = var.api, service = local.service, step = "project" }
  provisioner "local-exec" {
    command = "$API make project $SERVICE"
    environment = {
      API         = self.input.api
      SERVICE     = self.input.service
      API_TOKEN   = var.api_token
      OWNER       = data.coder_workspace_owner.me.name
      AGENT_TOKEN = coder_agent.main.token
    }
  }
  provisioner "local-exec" {
    when        = destroy
    command     = "$API remove project $SERVICE"
    environment = { API = self.input.api, SERVICE = self.input.service }
  }
}

resource "terraform_data" "volume" {
  input      = { api = var.api, service = local.service, step = "volume" }
  depends_on = [terraform_data.project]
  provisioner "local-exec" {
    command = "$API make volume $SERVICE"
    environment = {
      API         = self.input.api
      SERVICE     = self.input.service
      API_TOKEN   = var.api_token
      OWNER       = data.coder_workspace_owner.me.name
      AGENT_TOKEN = coder_agent.main.token
    }
  }
  provisioner "local-exec" {
    when        = destroy
    command     = "$API remove volume $SERVICE"
    environment = { API = self.input.api, SERVICE = self.input.service }
  }
}

resource "terraform_data" "variables" {
  input            = { api = var.api, service = local.service, step = "variables" }
  triggers_replace = [coder_agent.main.token]
  depends_on       = [terraform_data.volume]
  provisioner "local-exec" {
    command = "$API make variables $SERVICE"
    environment = {
      API         = self.input.api
      SERVICE     = self.input.service
      API_TOKEN   = var.api_token
      OWNER       = data.coder_workspace_owner.me.name
      AGENT_TOKEN = coder_agent.main.token
    }
  }
  provisioner "local-exec" {
    when        = destroy
    command     = "$API remove variables $SERVICE"
    environment = { API = self.input.api, SERVICE = self.input.service }
  }
}

resource "terraform_data" "domain" {
  input      = { api = var.api, service = local.service, step = "domain" }
  depends_on = [terraform_data.variables]
  provisioner "local-exec" {
    command = "$API make domain $SERVICE"
    environment = {
      API         = self.input.api
      SERVICE     = self.input.service
      API_TOKEN   = var.api_token
      OWNER       = data.coder_workspace_owner.me.name
      AGENT_TOKEN = coder_agent.main.token
    }
  }
  provisioner "local-exec" {
    when        = destroy
    command     = "$API remove domain $SERVICE"
    environment = { API = self.input.api, SERVICE = self.input.service }
  }
}

resource "terraform_data" "limits" {
  input      = { api = var.api, service = local.service, step = "limits" }
  depends_on = [terraform_data.domain]
  provisioner "local-exec" {
    command = "$API make limits $SERVICE"
    environment = {
      API         = self.input.api
      SERVICE     = self.input.service
      API_TOKEN   = var.api_token
      OWNER       = data.coder_workspace_owner.me.name
      AGENT_TOKEN = coder_agent.main.token
    }
  }
  provisioner "local-exec" {
    when        = destroy
    command     = "$API remove limits $SERVICE"
    environment = { API = self.input.api, SERVICE = self.input.service }
  }
}

resource "terraform_data" "deployment" {
  count            = data.coder_workspace.me.start_count
  input            = { api = var.api, service = local.service }
  triggers_replace = [coder_agent.main.token, data.coder_workspace_owner.me.name]
  depends_on       = [terraform_data.limits]
  provisioner "local-exec" {
    command = "$API make deployment $SERVICE"
    environment = {
      API         = self.input.api
      SERVICE     = self.input.service
      INIT_SCRIPT = coder_agent.main.init_script
      AGENT_TOKEN = coder_agent.main.token
    }
  }
  provisioner "local-exec" {
    when        = destroy
    command     = "$API remove deployment $SERVICE"
    environment = { API = self.input.api, SERVICE = self.input.service }
  }
}
