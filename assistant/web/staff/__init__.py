"""The staff's doors and pages: sign-in, one's own account, administration, questions, listening, problems, surveys.

`install` hangs them on the application."""

from fastapi import FastAPI

from assistant.web.staff import admin, doors, guard, listening, me, ops, problems, survey_editor, surveys


def install(app: FastAPI) -> None:
    for part in (doors, me, admin, ops, listening, problems, survey_editor, surveys):
        app.include_router(part.router)
    guard.install(app)
