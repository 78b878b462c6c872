"""Pure types and legal transitions. Nothing here reads a clock, a setting or a store."""
