"""The table of commands. Imports nothing, for `apiscape --help` is drawn from it alone."""

from __future__ import annotations

PACKAGE = "apiscape.cli.commands"

GROUPS: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    (
        "See",
        (
            ("scan", "Visit every scope once; print the ledger."),
            ("list", "List deployments that match a view."),
            ("show", "Show everything known of one deployment."),
            ("changes", "Show what appeared, changed, went missing or returned."),
            ("diff", "Show what is otherwise on one day than on another."),
            ("names", "List names in DNS that point at lent hosts, and those that dangle."),
            ("catalogues", "List what catalogues declare, and what of it no API stands behind."),
            ("runs", "Show the ledger of past visits."),
            ("agent", "Visit what is due, again and again, and answer over HTTP."),
            ("tui", "Open the terminal UI (also without any command)."),
            ("demo", "Try all of it on an emulated estate; needs no account."),
        ),
    ),
    (
        "Set up",
        (
            ("sources", "Write, check and list the configured sources."),
            ("overlay", "Check and explain what people say: owners, audience, lifecycle."),
            ("collectors", "List the installed collectors."),
            (
                "permissions",
                "Try each permission, say what is hidden without it; print the policy.",
            ),
            ("notify", "List whom the agent tells of changes, and try them."),
            ("ctx", "Name agents, and choose which one to ask."),
            ("completion", "Print the completion script of a shell."),
            ("version", "Print the version."),
        ),
    ),
    (
        "Keep",
        (
            ("export", "Write the inventory as JSON, CSV or Markdown."),
            ("confirm", "Say that the suspect losses of a scope are real."),
            ("forget", "Drop a retired deployment from every view."),
            ("backup", "Write a backup of the store."),
            ("restore", "Restore the store from a backup."),
        ),
    ),
)

SUMMARIES: dict[str, str] = {name: summary for _, commands in GROUPS for name, summary in commands}

INTRODUCTION = """\
Usage: apiscape [COMMAND] [OPTIONS]

  Every API behind every gateway, in one inventory. Reads; never writes to a gateway.
"""

EVERYWHERE = """\
Everywhere that it means something:
  --config FILE  Configuration (default: config.yaml in the user's configuration directory).
  --store URL    SQLite file or PostgreSQL URL (default: inventory.db in the user's data directory).
  --context NAME Ask an agent instead of the store (also --url URL; apiscape ctx names them).
  --json         The same figures for scripts (= -o json).
  --help         Show a command's own options.

Exit codes: 0 complete · 1 findings · 2 incomplete · 3 usage, settings · 4 cannot reach · 70 defect
"""


def help_text() -> str:
    """Return the text of `apiscape --help`."""
    width = max(map(len, SUMMARIES))
    sections = [
        f"{title}:\n" + "".join(f"  {name:<{width}}  {summary}\n" for name, summary in commands)
        for title, commands in GROUPS
    ]
    return "\n".join([INTRODUCTION, *sections, EVERYWHERE])
