"""The page and its files."""

from support.status.web import Web

from headway.declared.pipeline import Pipeline


def test_the_page_is_told_where_to_submit_and_may_speak_to_nobody_else(web: Web) -> None:
    """The address is the operator's setting; scripts and styles are the page's own files."""
    # Given the address of a gateway that tries to break out of the page
    gateway = 'https://gateway.example/below"<'

    # When the page is asked for
    response = web.get("/", gateway_url=gateway)

    # Then it names the address as text, and its policy allows that origin and no other
    assert 'content="https://gateway.example/below&quot;&lt;"' in response.text
    policy = response.headers["content-security-policy"]
    assert "default-src 'self'; connect-src 'self' https://gateway.example;" in policy
    assert "unsafe-inline" not in policy


def test_the_page_is_told_every_status_a_job_can_have(web: Web) -> None:
    """It asks for the statuses of a group by name, also before a job has been counted in them."""
    # Given what the pipeline declares
    declared = Pipeline.load().statuses

    # When the page is asked for
    response = web.get("/")

    # Then it names them all
    assert f'name="headway-statuses" content="{" ".join(declared)}"' in response.text


def test_the_pages_files_are_served(web: Web) -> None:
    """Without any build step or outside address."""
    # Given the folder beside the code
    # When a file of it is asked for
    icon = web.get("/static/favicon.svg")

    # Then it comes, to be asked for again each time; what lies above the folder does not
    assert icon.headers["content-type"] == "image/svg+xml"
    assert icon.headers["cache-control"] == "no-cache"
    assert web.get("/static/../app.py").status_code == 404
