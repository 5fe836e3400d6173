# For plain Terragrunt and Terraform: the fluxlift binary does the work and proves it. No provider is downloaded.

terraform {
  required_version = ">= 1.4"
}

locals {
  inputs = {
    flux_operator_version = var.flux_operator_version
    flux_operator_chart   = var.flux_operator_chart
    kubeconfig_path       = var.kubeconfig_path
    kubeconfig_content    = var.kubeconfig_content
  }
}

resource "terraform_data" "operator" {
  # Any change of an input runs the provisioner again; the hash keeps secrets out of the plan.
  triggers_replace = [sha256(jsonencode(local.inputs))]

  # What later runs and destroy need. Nothing here is secret.
  input = {
    namespace       = "flux-system"
    kubeconfig_path = var.kubeconfig_path
  }

  provisioner "local-exec" {
    command = "fluxlift apply --native flux_operator --non-interactive"

    # The inputs go through the environment, never through the arguments, which every process on the machine can read.
    environment = {
      FLUXLIFT_INPUTS = jsonencode(local.inputs)
    }
  }

  provisioner "local-exec" {
    when    = destroy
    command = "fluxlift destroy --native flux_operator --non-interactive"

    environment = {
      FLUXLIFT_INPUTS = jsonencode(self.input)
    }
  }
}
