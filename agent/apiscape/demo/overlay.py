"""What people of the emulated department say of its APIs, as a file of an overlay would have it."""

from __future__ import annotations

FILE = "department.yaml"

TEXT = """\
# Nobody tagged these, so somebody said who answers for them.
- view: name:flood-warnings
  set: {owner: Team Environment, audience: public, title: Flood warnings}
  confirmed_by: Head of Environment
  confirmed_on: 2026-06-01
  due: 2027-06-01
- view: name:journey-planner,queue-status
  set: {owner: Team Transport, audience: public}
- view: name:translations
  set: {owner: Team Content, audience: internal}
# The tag still names the team before the reorganisation.
- view: name:tax-credits-v2
  set: {owner: Team Working Age, lifecycle: deprecated}
  note: moved with the reorganisation in April
"""
