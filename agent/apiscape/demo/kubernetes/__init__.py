"""An emulated Kubernetes API server: objects, watches, discovery and access, over real HTTP(S)."""
