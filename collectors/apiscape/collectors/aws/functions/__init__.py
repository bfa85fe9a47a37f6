"""AWS Lambda: function URLs, and web functions."""
