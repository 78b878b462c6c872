"""The retailer's systems: the tool ports on the built-in demo store, and over HTTP."""
