"""Ingress, the annotations of its controllers, and Services that are exposed without any gateway."""
