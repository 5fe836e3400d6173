output "namespace" {
  description = "Namespace of the operator."
  value       = terraform_data.operator_lifetime.output.namespace
  depends_on  = [terraform_data.operator]
}
