# Phase 1: installs flux-operator and proves it ready.
native = "flux_operator"
