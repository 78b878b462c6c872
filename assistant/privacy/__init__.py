"""A shopper's rights over their data."""
