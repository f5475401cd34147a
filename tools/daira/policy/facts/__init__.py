"""What several rules know: how Kubernetes, controllers and tools read what stands in a manifest; pure functions."""
