"""Tells people's own tools of changes: signed CloudEvents over HTTPS, in order, repeated until they are taken.

What a target was told is kept in the store, so that a restart loses nothing. However much happens,
a target gets a bounded number of posts a minute, and a digest of the rest.
"""
