"""From what an object exposes to deployments and signals, in one place for all kinds."""
