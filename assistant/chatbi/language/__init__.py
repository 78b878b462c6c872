"""From a question in Chinese to a metric query: rules first, a constrained model where they abstain."""
