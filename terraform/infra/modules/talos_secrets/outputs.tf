# What the native module gives. There is no Terraform behind it, so plain Terragrunt only sees the names.

output "machine_secrets" {
  description = "The secrets bundle."
  value       = null
  sensitive   = true
}

output "client_configuration" {
  description = "Authority, certificate and key of the administrator."
  value       = null
  sensitive   = true
}

output "secrets_yaml" {
  description = "The bundle as `talosctl gen secrets` writes it."
  value       = null
  sensitive   = true
}
