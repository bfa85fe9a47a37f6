"""Owners, audience, lifecycle, waivers, and the rules that give findings.

Pure functions over facts and overlay; an unknown input never passes. `conclude`,
`report` and the rooms above may import this one.
"""
