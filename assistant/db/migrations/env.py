"""Alembic's entry: runs inside the connection that `assistant.db.migrate` hands over."""

from alembic import context

from assistant.db.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    user_module_prefix="base.",
)
with context.begin_transaction():
    context.run_migrations()
