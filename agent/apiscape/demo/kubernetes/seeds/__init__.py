"""Believable clusters, seeded."""
