"""The five paths of the service, one file each, readable from top to bottom."""
