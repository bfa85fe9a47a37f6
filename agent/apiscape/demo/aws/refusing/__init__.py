"""What stands in the way of a call: identity, quotas, and faults set by a test."""
