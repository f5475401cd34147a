"""The local machine: tools, engine, images, cluster and install, from nothing to a running DAIRA."""
