"""One visit of a scope, or one watch: plan it, keep its quotas, run its collectors, close its ledger.

Every object that a gateway lists ends exactly once as recorded, skipped or failed.
`schedule`, `serve` and the rooms above may import this one; it knows providers by
contract and entry point only.
"""
