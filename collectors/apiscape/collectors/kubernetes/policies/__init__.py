"""Policies that are attached to gateways and routes: what is asked of callers, and what holds them back."""
