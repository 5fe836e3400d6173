variable "talos_version" {
  description = "Version whose bundle format is used."
  type        = string
}
