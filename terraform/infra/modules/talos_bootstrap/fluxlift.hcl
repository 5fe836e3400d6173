# Starts etcd once and fetches the kubeconfig.
native = "talos_bootstrap"
