"""From a chart, manifests or stdin to a Release: objects, and where each of their fields came from."""
