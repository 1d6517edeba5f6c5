"""The OpenAPI document says of every operation who may use it, and shows what it gives."""

import json
from typing import Any

import pytest
from jsonschema_rs import Draft202012Validator

from golden import check_golden
from tieout.web.document import openapi_text
from web.document import OPERATIONS, Documented, document

EACH = pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS.keys())
WITH_BODY = {"POST /api/login", "POST /api/keys", "PATCH /api/settings"}


def test_the_document_is_as_reviewed() -> None:
    check_golden("openapi.json", openapi_text())


def test_the_document_is_the_same_every_time() -> None:
    assert openapi_text() == openapi_text()


def test_the_service_gives_the_same_document(web: Any) -> None:
    given = web.get("/schema/openapi.json")
    assert given.status_code == 200
    assert json.loads(given.text) == document()


@pytest.mark.parametrize(
    "path", ["/schema", "/schema/swagger", "/schema/redoc", "/schema/elements"]
)
def test_no_page_that_loads_from_elsewhere_is_served(web: Any, path: str) -> None:
    assert "http://" not in (given := web.get(path)).text
    assert "https://" not in given.text
    assert "<script" not in given.text


def test_only_the_login_and_the_health_are_public() -> None:
    public = {each.name for each in OPERATIONS.values() if each.is_public}
    assert public == {"POST /api/login", "GET /healthz", "GET /readyz"}


@EACH
def test_every_operation_asks_for_a_cookie_or_a_key_or_says_that_it_is_public(
    operation: Documented,
) -> None:
    assert operation.said["security"] in ([{}], [{"cookie": []}, {"key": []}])


@EACH
def test_every_operation_has_its_own_name_and_a_summary(operation: Documented) -> None:
    names = [each.said["operationId"] for each in OPERATIONS.values()]
    assert names.count(operation.said["operationId"]) == 1
    assert operation.said["summary"]
    assert operation.said["tags"]


@EACH
def test_every_reply_has_an_example_that_fits_its_schema(operation: Documented) -> None:
    replies = list(contents(operation.said["responses"]))
    assert any(200 <= int(status) < 300 for status, _ in replies)
    for status, content in replies:
        assert content["examples"], status
        for example in content["examples"].values():
            assert faults(content["schema"], example["value"]) == [], status


@EACH
def test_every_body_has_an_example_that_fits_its_schema(operation: Documented) -> None:
    body = operation.said.get("requestBody")
    assert (body is not None) == (operation.name in WITH_BODY)
    if body is None:
        return
    assert body["required"] is True
    (content,) = body["content"].values()
    assert faults(content["schema"], content["example"]) == []


@EACH
def test_every_error_is_described_as_problem_details(operation: Documented) -> None:
    errors = {code: each for code, each in operation.said["responses"].items() if code >= "400"}
    expected = {"400", "429", "503"} | (set() if operation.is_public else {"401", "403"})
    assert expected <= errors.keys()
    for each in errors.values():
        (content,) = each["content"].items()
        assert content[0] == "application/problem+json"
        assert content[1]["schema"] == {"$ref": "#/components/schemas/ProblemDetails"}


def test_an_example_shows_what_is_null() -> None:
    said = OPERATIONS["GET /api/admin/jobs/status"].said["responses"]["200"]
    (example,) = said["content"]["application/json"]["examples"].values()
    assert example["value"]["positionReconciliation"]["lastError"] is None


def contents(replies: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [(code, each) for code, reply in replies.items() for each in reply["content"].values()]


def faults(schema: dict[str, Any], value: Any) -> list[str]:
    whole = {**schema, "components": document()["components"]}
    return [each.message for each in Draft202012Validator(whole).iter_errors(value)]
