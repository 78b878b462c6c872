"""Which person answers which conversation."""
