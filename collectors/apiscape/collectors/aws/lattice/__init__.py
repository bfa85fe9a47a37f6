"""Amazon VPC Lattice: services, and the networks through which they are reached."""
