terraform {
  required_providers {
    coder = { source = "coder/coder" }
  }
}

variable "marks" {}

variable "api_token" {
  sensitive = true
  default   = "none"
}

data "coder_workspace" "me" {}
data "coder_workspace_owner" "me" {}
data "coder_provisioner" "me" {}

resource "coder_agent" "main" {
  os   = "linux"
  arch = data.coder_provisioner.me.arch
}

resource "terraform_data" "project" {
  input = { name = "project-${data.coder_workspace.me.name}", marks = var.marks }
  provisioner "local-exec" {
    command     = "echo \"$NAME $CODER_WORKSPACE_TRANSITION\" > \"$MARKS/project\""
    environment = { NAME = self.input.name, MARKS = self.input.marks }
  }
  provisioner "local-exec" {
    when        = destroy
    command     = "rm -f \"$MARKS/project\""
    environment = { MARKS = self.input.marks }
  }
}

resource "terraform_data" "environment" {
  input = { name = "environment-${data.coder_workspace.me.name}", marks = var.marks, after = terraform_data.project.id }
  provisioner "local-exec" {
    command     = "echo \"$NAME $CODER_WORKSPACE_TRANSITION\" > \"$MARKS/environment\""
    environment = { NAME = self.input.name, MARKS = self.input.marks }
  }
  provisioner "local-exec" {
    when        = destroy
    command     = "rm -f \"$MARKS/environment\""
    environment = { MARKS = self.input.marks }
  }
}

resource "terraform_data" "service" {
  input = { name = "service-${data.coder_workspace.me.name}", marks = var.marks, after = terraform_data.environment.id }
  provisioner "local-exec" {
    command     = "echo \"$NAME $CODER_WORKSPACE_TRANSITION\" > \"$MARKS/service\""
    environment = { NAME = self.input.name, MARKS = self.input.marks }
  }
  provisioner "local-exec" {
    when        = destroy
    command     = "rm -f \"$MARKS/service\""
    environment = { MARKS = self.input.marks }
  }
}

resource "terraform_data" "volume" {
  input = { name = "volume-${data.coder_workspace.me.name}", marks = var.marks, after = terraform_data.service.id }
  provisioner "local-exec" {
    command     = "echo \"$NAME $CODER_WORKSPACE_TRANSITION\" > \"$MARKS/volume\""
    environment = { NAME = self.input.name, MARKS = self.input.marks }
  }
  provisioner "local-exec" {
    when        = destroy
    command     = "rm -f \"$MARKS/volume\""
    environment = { MARKS = self.input.marks }
  }
}

resource "terraform_data" "variables" {
  input = { name = "variables-${data.coder_workspace.me.name}", marks = var.marks, after = terraform_data.volume.id }
  provisioner "local-exec" {
    command     = "echo \"$NAME $CODER_WORKSPACE_TRANSITION\" > \"$MARKS/variables\""
    environment = { NAME = self.input.name, MARKS = self.input.marks }
  }
  provisioner "local-exec" {
    when        = destroy
    command     = "rm -f \"$MARKS/variables\""
    environment = { MARKS = self.input.marks }
  }
}

resource "terraform_data" "deploy" {
  count            = data.coder_workspace.me.start_count
  triggers_replace = [coder_agent.main.token]
  input            = { marks = var.marks, after = terraform_data.variables.id }
  provisioner "local-exec" {
    command     = "printf %s \"$INIT_SCRIPT\" > \"$MARKS/deploy\""
    environment = { MARKS = self.input.marks, INIT_SCRIPT = coder_agent.main.init_script, TOKEN = var.api_token }
  }
  provisioner "local-exec" {
    when        = destroy
    command     = "rm -f \"$MARKS/deploy\""
    environment = { MARKS = self.input.marks }
  }
}
