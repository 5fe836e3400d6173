# What the native module gives. There is no Terraform behind it, so plain Terragrunt only sees the names.

output "kubeconfig" {
  description = "The kubeconfig."
  value       = null
  sensitive   = true
}

output "kubeconfig_path" {
  description = "Where it was written."
  value       = null
}

output "cluster_ready" {
  description = "Whether the API answers and every node is registered."
  value       = null
}
