"""Statements as a venue: positions and activities out of CSV, JSON and Parquet files.

`venue` is what the product talks to; `disk` takes a file whole, `choice` finds it in a folder,
`positions`, `happenings` and `case_form` read what it says, `moments` tells of when it is.
"""
