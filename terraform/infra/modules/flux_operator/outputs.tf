output "namespace" {
  description = "Namespace of the operator."
  value       = terraform_data.operator.output.namespace
}
