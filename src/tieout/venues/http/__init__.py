"""What asking over HTTP is like, whichever venue is asked. It knows no venue.

Read `calls` first: one question, its tries and its reply. `session` lets the venue's own client
send and takes the bytes, `waiting` knows how long to wait, `failures` says what went wrong and what
to do, `trace` has the deadline and the evidence of a reading, `scrub` takes secrets out, `bodies`
reads JSON. What a status means and what is secret comes from the venue, as values and functions.
"""
