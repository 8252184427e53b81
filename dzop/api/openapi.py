"""The OpenAPI description at /docs, derived from the table of resource types."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from dzop.fhir.operations import OPERATIONS
from dzop.fhir.resource_types import RESOURCE_TYPES, ResourceType

_BEARER = [{"bearer": list[str]()}]
_CONTENT = {
    "application/fhir+json": {"schema": {"type": "object"}},
    "application/fhir+xml": {"schema": {"type": "string"}},
}
_PATCHES = {"application/json-patch+json": {"schema": {"type": "array"}}, **_CONTENT}
_ON_TYPE = {"search-type": ("get", "Search"), "create": ("post", "Create")}
_ON_INSTANCE = {
    "read": ("get", "Read"),
    "update": ("put", "Update"),
    "patch": ("patch", "Patch"),
    "delete": ("delete", "Delete"),
}
_OF_SEARCH = (
    "_count", "_sort", "_include", "_revinclude", "_total", "_summary", "_elements", "_display", "_displayLanguage"
)  # fmt: skip


def openapi(app: FastAPI) -> dict[str, Any]:
    """The whole description; made once and kept by the application."""
    if app.openapi_schema is None:
        schema = get_openapi(title=app.title, version=app.version, summary=app.summary, routes=app.routes)
        schema.setdefault("paths", {}).update(_paths())
        schema["components"] = {"securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}}
        app.openapi_schema = schema
    return app.openapi_schema


def _paths() -> dict[str, Any]:
    bundle = {"post": _operation("Batch or transaction", "Bundle", body=True)}
    paths: dict[str, Any] = {"/fhir": bundle}
    for entry in RESOURCE_TYPES.values():
        paths[f"/fhir/{entry.name}"] = _operations(entry, _ON_TYPE)
        paths[f"/fhir/{entry.name}/{{id}}"] = {
            "parameters": [_path("id")],
            **_operations(entry, _ON_INSTANCE),
        }
    return paths | _named_operations()


def _named_operations() -> dict[str, Any]:
    """`$name` on a type or an instance, from the table of operations."""
    paths: dict[str, Any] = {}
    for operation in OPERATIONS:
        for type in operation.types:
            on_instance = operation.level == "instance"
            path = (
                f"/fhir/{type}/{{id}}/${operation.code}" if on_instance else f"/fhir/{type}/${operation.code}"
            )
            described = _operation(f"${operation.code}", type, body=True, formats=operation.formats)
            paths[path] = {"post": {**described, "description": operation.documentation}}
            if on_instance:
                paths[path]["parameters"] = [_path("id")]
    return paths


def _operations(entry: ResourceType, methods: dict[str, tuple[str, str]]) -> dict[str, Any]:
    return {
        method: _operation(f"{verb} {entry.name}", entry.name, body=method in ("post", "put", "patch"))
        | ({"parameters": _search(entry)} if code == "search-type" else {})
        for code, (method, verb) in methods.items()
        if code in entry.interactions
    }


def _operation(summary: str, tag: str, *, body: bool, formats: Sequence[str] = ()) -> dict[str, Any]:
    others = {each: {"schema": {"type": "string", "format": "binary"}} for each in formats}
    answers: dict[str, Any] = {"200": {"description": "The answer", "content": {**_CONTENT, **others}}}
    answers["default"] = {"description": "An OperationOutcome that says what is wrong", "content": _CONTENT}
    operation: dict[str, Any] = {"summary": summary, "tags": [tag], "security": _BEARER, "responses": answers}
    content = _PATCHES if summary.startswith("Patch ") else _CONTENT
    return {**operation, "requestBody": {"required": True, "content": content}} if body else operation


def _search(entry: ResourceType) -> list[dict[str, Any]]:
    names = [*(parameter.name for parameter in entry.search), *_OF_SEARCH]
    return [{"name": name, "in": "query", "schema": {"type": "string"}} for name in names]


def _path(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
