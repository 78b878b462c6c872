"""Accounts of the staff: who may come in and how, who manages them. `room.Accounts` is the door; rows lie in `assistant.db`."""
