# One machine configuration for each node.
native = "talos_config"
