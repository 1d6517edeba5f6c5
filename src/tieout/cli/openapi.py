"""`tieout openapi`: the description of the REST API."""

import typer


def openapi() -> None:
    """Write the OpenAPI 3.1 document of the REST API, as JSON.

    Examples:

    tieout openapi > openapi.json
    """
    from tieout.web.document import openapi_text

    typer.echo(openapi_text(), nl=False)
