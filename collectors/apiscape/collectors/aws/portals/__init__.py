"""Portals of API Gateway: where REST APIs are published for developers."""
