import pytest
from fastapi.testclient import TestClient

TEA = {"name": "tea", "quantity": 3}
JSON = {"Content-Type": "application/json"}


def test_items_are_added_read_and_deleted(client: TestClient) -> None:
    added = client.post("/items", json=TEA)
    assert (added.status_code, added.json()) == (201, {"id": 1, **TEA})
    assert client.get("/items/1").json() == {"id": 1, **TEA}
    assert client.get("/items").json() == [{"id": 1, **TEA}]
    assert client.delete("/items/1").status_code == 204
    assert client.get("/items/1").status_code == 404
    assert client.delete("/items/1").status_code == 404


def test_items_come_in_pages(client: TestClient) -> None:
    for name in ("one", "two", "three"):
        client.post("/items", json={"name": name, "quantity": 1})
    page = client.get("/items", params={"after": 1, "limit": 1}).json()
    assert [item["name"] for item in page] == ["two"]


def test_an_error_has_any_json_as_detail(client: TestClient) -> None:
    client.post("/items", json=TEA)
    response = client.post("/items", json=TEA)
    assert response.status_code == 409
    assert response.json()["detail"]["name"] == "tea"
    assert len(client.get("/items").json()) == 1


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ("", ["body"]),
        ("[]", ["body"]),
        ("{}", ["body", "name"]),
        ('{"name": "", "quantity": 1}', ["body", "name"]),
        ('{"name": "\\ud800", "quantity": 1}', ["body", "name"]),
        ('{"name": "a", "quantity": -1}', ["body", "quantity"]),
        ('{"name": "a", "quantity": NaN}', ["body", "quantity"]),
        ('{"name": "a", "quantity": 1e999}', ["body", "quantity"]),
    ],
)
def test_wrong_json_is_refused(client: TestClient, body: str, place: list[str]) -> None:
    response = client.post("/items", content=body, headers=JSON)
    assert response.status_code == 422
    assert response.json()["detail"][0]["loc"] == place


@pytest.mark.parametrize("path", ["/items/0", f"/items/{2**63}", "/items/one"])
def test_a_wrong_id_is_refused(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 422
