variable "flux_version" {
  description = "Version of the Flux distribution."
  type        = string
}

variable "flux_registry" {
  description = "Where the distribution's images come from."
  type        = string
  default     = "ghcr.io/fluxcd"
}

variable "flux_components" {
  description = "Controllers; the default four where none is named."
  type        = list(string)
  default     = []
}

variable "flux_cluster" {
  description = "What spec.cluster of the FluxInstance says besides its type."
  type        = any
  default     = {}
}

variable "flux_image_pull_secret" {
  description = "Secret by which the distribution's images are pulled."
  type        = string
  default     = null
}

variable "git_repository" {
  description = "URL of the Git repository."
  type        = string
}

variable "git_branch" {
  description = "Branch."
  type        = string
}

variable "git_path" {
  description = "Folder in the repository that is synced."
  type        = string
}

variable "git_pull_secret" {
  description = "Secret in the cluster by which the repository is read, when no token makes one."
  type        = string
  default     = null
}

variable "git_interval" {
  description = "How often the repository is looked at."
  type        = string
  default     = null
}

variable "git_provider" {
  description = "Cloud that gives the credentials for the repository."
  type        = string
  default     = null
}

variable "sync_name" {
  description = "Name of source and root Kustomization; it can never be changed."
  type        = string
  default     = null
}

variable "sops_age_key" {
  description = "Age key that the cluster decrypts secrets with."
  type        = string
  default     = ""
  sensitive   = true
}

variable "github_token" {
  description = "Token for the repository; empty for none."
  type        = string
  default     = ""
  sensitive   = true
}

variable "kustomize_patches" {
  description = "Patches for the distribution's manifests."
  type        = any
  default     = []
}

variable "restore" {
  description = "What is restored from backups after the sync: \"off\", \"all\", or a list of ReplicationDestinations."
  type        = any
  default     = "off"
}

variable "repo_root" {
  description = "Root of the checkout."
  type        = string
}

variable "post_bootstrap" {
  description = "Whether scripts/post-bootstrap.sh of repo_root runs last, where there is one."
  type        = bool
  default     = true
}

variable "rescue_max_force" {
  description = "How much force a rescue of stuck releases may use, from 1 to 6; 0 for no rescue."
  type        = number
  default     = 4
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
