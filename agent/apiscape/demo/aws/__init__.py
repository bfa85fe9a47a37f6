"""An emulated AWS: an estate as plain data, served to the real SDK in its real wire protocols."""
