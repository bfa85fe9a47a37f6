"""How it is served: sockets, requests read and answers written by botocore's own service models."""
