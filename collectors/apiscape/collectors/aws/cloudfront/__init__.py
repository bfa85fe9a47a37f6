"""Amazon CloudFront: what leads to APIs by the names of its distributions."""
