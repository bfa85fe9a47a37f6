"""A local world of emulated gateways, one room per provider: `apiscape demo` and the tests live here."""
