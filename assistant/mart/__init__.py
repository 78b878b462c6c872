"""The analytics mart: a star schema of experience (X) and operation (O) data, refreshed aside and swapped in whole."""
