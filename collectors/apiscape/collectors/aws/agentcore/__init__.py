"""Bedrock AgentCore: gateways and runtimes."""
