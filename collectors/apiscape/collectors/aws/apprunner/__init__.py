"""AWS App Runner: services and their custom domains."""
