"""The operational store: the only room that speaks SQL to it. Repositories never commit; the caller's transaction does."""
