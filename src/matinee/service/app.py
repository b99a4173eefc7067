"""The service: REST, one page and their guard around one engine."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.staticfiles import StaticFiles

import matinee
from matinee.engine import Engine
from matinee.service import (
    cluster_pages,
    cluster_routes,
    new_pages,
    pages,
    problems,
    routes,
    title_pages,
    title_routes,
)
from matinee.service.guard import HEADERS, LOOPBACK, Guard
from matinee.service.keys import checked
from matinee.service.schemas import Problem
from matinee.storage.workspace import Workspace

PATIENCE = 5.0
"""Seconds that a write waits for another process, such as a long import; 503 then."""


def create_app(
    workspace_path: Path,
    *,
    key: str | None = None,
    hosts: frozenset[str] | None = LOOPBACK,
) -> FastAPI:
    """The service of one workspace, as an ASGI application.

    Parameters
    ----------
    workspace_path
        An existing workspace; closed when the application shuts down.
    key
        What writes need; default: the key that the workspace made for itself.
    hosts
        Names that requests may be addressed to; None for any, for a service that other machines
        reach.

    Raises
    ------
    MatineeError
        There is no such workspace, or it cannot be used, or the key is unfit.
    """
    key = checked(key, "`key`") if key is not None else None
    workspace = Workspace.open(workspace_path, patience=PATIENCE)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        workspace.close()

    app = FastAPI(
        title="matinee",
        summary="Recommendations that can be trusted, explained and served.",
        version=matinee.__version__,
        license_info={"name": "MIT", "identifier": "MIT"},
        openapi_url=f"{routes.PREFIX}/openapi.json",
        # The usual documentation pages load scripts from elsewhere, which our policy forbids.
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
        middleware=[Middleware(Guard, hosts=hosts)],
    )
    app.state.workspace = workspace
    app.state.engine = Engine(workspace)
    app.state.key = key or workspace.key()
    problems.install(app, HEADERS, pages.show_problem)
    app.include_router(cluster_routes.router)
    app.include_router(title_routes.router)
    app.include_router(routes.router)
    app.include_router(pages.router)
    app.include_router(cluster_pages.router)
    app.include_router(new_pages.router)
    app.include_router(title_pages.router)
    app.mount("/static", StaticFiles(directory=pages.WEB / "static"), name="static")
    _describe_problems(app)
    return app


def _describe_problems(app: FastAPI) -> None:
    """Put the schema that every problem refers to into the OpenAPI description."""
    generate = app.openapi

    def described() -> dict[str, Any]:
        description = generate()
        schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        parts = description.setdefault("components", {}).setdefault("schemas", {})
        parts.update(schema.pop("$defs", {}))
        parts["Problem"] = schema
        return description

    app.openapi = described  # type: ignore[method-assign]
