"""The table: gateways that are read by entries of a YAML file, with no code of their own (see `README.md`)."""
