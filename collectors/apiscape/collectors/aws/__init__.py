"""Amazon Web Services: sign-in, reach, and one module per gateway product.

Found by entry point; nobody imports this package by name. The one place, beside the
demo, that imports the AWS SDK.
"""
