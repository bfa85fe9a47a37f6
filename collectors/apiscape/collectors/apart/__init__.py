"""Documents that gateways hold of other people, read in a child process where they can do no harm."""
