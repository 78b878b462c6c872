"""Understanding shoppers: words → action → tool → reply. Called by the shopper journey, one turn at a time."""
