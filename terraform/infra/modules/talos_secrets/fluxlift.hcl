# The cluster's secrets bundle.
native = "talos_secrets"
