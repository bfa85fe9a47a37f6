"""The words everything else speaks: entities, vocabularies and identity.

Structs are frozen, enumerations are open and a deployment's uid never depends on its
name. Every room may import this one; it imports the standard library and the struct
library only.
"""
