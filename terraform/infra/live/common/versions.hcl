# Versions of the machines' software.

locals {
  talos_version      = "v1.12.0"
  kubernetes_version = "v1.35.0"

  # The image factory's schematic holds the extensions below.
  talos_schematic  = "ce4c980550dd2ab1b17bbf2b08801c7eb59418eafe8f279833297925d67c7515"
  talos_extensions = ["siderolabs/iscsi-tools", "siderolabs/util-linux-tools"]

  installer_image = format("factory.talos.dev/nocloud-installer/%s:%s", local.talos_schematic, local.talos_version)
}
