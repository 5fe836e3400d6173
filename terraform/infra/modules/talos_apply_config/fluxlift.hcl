# Hands each node its configuration.
native = "talos_apply_config"
