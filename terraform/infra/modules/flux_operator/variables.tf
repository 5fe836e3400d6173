variable "flux_operator_version" {
  description = "Version of the chart."
  type        = string
}

variable "flux_operator_chart" {
  description = "The chart: oci://…, https://… or a folder."
  type        = string
  default     = "oci://ghcr.io/controlplaneio-fluxcd/charts/flux-operator"
}

variable "kubeconfig_path" {
  description = "Kubeconfig file."
  type        = string
}

variable "kubeconfig_content" {
  description = "Kubeconfig; it wins over the file."
  type        = string
  default     = ""
  sensitive   = true
}
