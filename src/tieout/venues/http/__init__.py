"""What asking over HTTP is like, whichever venue is asked. It knows no venue.

`session` sends and takes the bytes, `calls` tries again where that helps, `failures` says what
went wrong, `bodies` reads JSON. What a status means, which waits are asked for and what is secret
comes from the venue, as values and small functions.
"""
