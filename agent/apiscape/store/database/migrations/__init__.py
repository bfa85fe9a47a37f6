"""Revisions of the store's schema: each expands; what it no longer needs is dropped one minor release later."""
