"""Gateway API: gateways, their listeners, and the routes that are attached to them."""
