# The machines that the clusters' machines run on.

locals {
  endpoint = "https://127.101.0.2:8006"
  ca_file  = "${get_repo_root()}/terraform/infra/live/common/pve-root-ca.pem"

  nodes        = ["pve01", "pve02", "pve03"]
  datastore_id = "local-lvm"
  image_store  = "local"

  # The image is on the hosts already. Set the variable to try another one.
  talos_image_file_id = get_env("TALOS_IMAGE_FILE_ID", "${local.image_store}:import/talos-v1.12.0-nocloud-amd64.qcow2")

  vm_defaults = {
    control_plane = { cpu_cores = 4, memory_mb = 8192, disk_gb = 40 }
    worker        = { cpu_cores = 6, memory_mb = 16384, disk_gb = 80 }

    bios     = "ovmf"
    machine  = "q35"
    cpu_type = "host"
    tags     = ["talos", "kubernetes"]

    # Nodes whose hosts or sizes differ, by name.
    overrides = {}
  }
}
