output "flux_ready" {
  description = "Whether everything that was delivered is proven."
  value       = terraform_data.instance.id != ""
}

output "sync_path" {
  description = "Folder that is synced."
  value       = terraform_data.instance_lifetime.output.sync_path
  depends_on  = [terraform_data.instance]
}
