# fluxlift's own settings for this tree. Terragrunt does not read this file.

# State lives beside the tree, never in a cache that someone may delete.
state {
  path       = "${get_repo_root()}/.fluxlift"
  recipients = ["age16h3s357euwmnv2zv6k30txtth3tqe6ztcv69fv2gnj85u0f2ufysxfkgrq"]
}

sops {
  # A test key that opens only the simulated data of this tree. A real tree leaves this block out and keeps its key in
  # ~/.config/sops/age/keys.txt or in SOPS_AGE_KEY.
  age_key_file = "common/test-age.key"
}
