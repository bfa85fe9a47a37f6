"""What each operation answers, and how listings are cut into pages."""
