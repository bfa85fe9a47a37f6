"""AWS Agent Registry: a catalogue of agents and tools."""
