"""Tickets: severity, deadline, and the port by which the assistant files them."""
