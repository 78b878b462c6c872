"""Each channel turns a vendor's push into a domain message, and a domain reply into the vendor's call."""
