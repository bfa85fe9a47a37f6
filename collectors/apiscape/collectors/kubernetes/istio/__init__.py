"""Istio: gateways, virtual services, and what is asked of callers of a mesh."""
