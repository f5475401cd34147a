"""Objects against the schemas of a Kubernetes version and of custom resources, without any network."""
