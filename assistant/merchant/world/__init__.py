"""The demo world: a fictional group of department stores, generated from a seed, with planted events to be found."""
