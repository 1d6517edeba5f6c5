"""Any exchange that ccxt reads: positions, balances and own trades, told apart by market type.

`venue` is what the product talks to; `sdk` is ccxt with exact numbers and closed to writing,
`watcher` its streams, `calls` asks it in a thread, `failures` says what went wrong, `quirks` what
is special where.
"""
