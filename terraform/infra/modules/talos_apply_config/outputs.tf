# What the native module gives. There is no Terraform behind it, so plain Terragrunt only sees the names.

output "applied_nodes" {
  description = "Names of the nodes that run their configuration."
  value       = null
}
