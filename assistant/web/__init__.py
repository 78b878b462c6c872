"""The FastAPI application: pages, the chat page's API, health, metrics. HTTP is known here and nowhere else."""
