import pytest

from claudetask_core.search.text.routes import asked, endings, written
from tests.core.search.trees import Tree

pytestmark = pytest.mark.boardless


@pytest.mark.parametrize(
    "literal",
    [
        '"/v1/users/{user_id}/posts"',
        "'/v1/users/:id/posts/'",
        '"/v1/users/<int:id>/posts"',
        "`/v1/users/${id}/posts`",
        '"/v1/users/%d/posts"',
        '"GET /v1/users/{id}/posts"',
        '"/v1/Users/[id]/posts"',
    ],
)
@pytest.mark.parametrize(
    "question",
    [
        "GET /v1/users/{id}/posts",
        "where is /v1/users/42/posts handled?",
        "https://shop.example:8080/v1/users/42/posts?page=2",
        "what answers `/v1/users/:name/posts`",
    ],
)
def test_a_route_is_the_same_whatever_its_parameters_are_called(
    literal: str, question: str
) -> None:
    (place, term), *others = written(f"route({literal})".encode())
    assert not others
    assert literal[place - len("route(") :].startswith("/v1/")
    assert asked(question) == (term,)


@pytest.mark.parametrize(
    "text",
    [
        "read/write lock",
        "client / server",
        "</div>",
        "src/app/view.py",
        "/src/app/view.py",
        "a//b",
        "/{id}/",
        "and/or",
    ],
)
def test_what_is_no_route_is_not_taken_for_one(text: str) -> None:
    assert asked(f"what of {text} here") == ()


def test_a_router_that_is_mounted_somewhere_has_the_end_of_a_route() -> None:
    assert endings("/api/users/*/posts") == [
        ("/api/users/*/posts", 1.0),
        ("/users/*/posts", pytest.approx(2 / 3)),
        ("/*/posts", pytest.approx(1 / 3)),
        ("/posts", pytest.approx(1 / 3)),
    ]


def test_a_question_by_a_route_leads_to_the_literal_that_has_it(tree: Tree) -> None:
    tree.write("users/users.py", "class Users:\n    def posts(self, users): ...\n" * 3)
    tree.write("api/posts.py", "class Posts:\n    def users(self, posts): ...\n" * 3)
    tree.write(
        "web.rb",
        'get "/users" do\n  erb :all\nend\n\nget "/users/:id/posts" do\n  erb :some\nend\n',
    )
    tree.write("docs/routes.md", "`/users/:id/posts` gives the posts of users.\n")
    tree.index.refresh()
    for question in ("/users/42/posts", "GET /api/users/{id}/posts", "what answers /users/7/posts"):
        assert tree.paths(question)[0] == "web.rb"


def test_a_route_beside_a_credential_is_not_told(tree: Tree) -> None:
    secret = "ghp_" + "0aB1cD2eF3gH4iJ5kL6mN7oP8qR9sT0uV1wX"
    tree.write("web.py", f'KEY = "{secret}"\nROUTE = "/hidden/route"\n')
    tree.index.refresh()
    assert tree.ask("/hidden/route") == []
