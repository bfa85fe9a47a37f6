"""Whole estates: a believable department, any size for tests of scale, planted secrets."""
