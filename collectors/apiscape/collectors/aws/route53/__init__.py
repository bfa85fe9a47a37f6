"""Amazon Route 53: names that lead to APIs."""
