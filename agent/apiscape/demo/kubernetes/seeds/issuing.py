"""Who signs people in for the department."""

from __future__ import annotations

ISSUER = "https://login.department.example/tenant"
