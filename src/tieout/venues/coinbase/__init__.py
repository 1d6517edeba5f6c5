"""Coinbase Advanced, through its own `coinbase-advanced-py`: read and never written.

`venue` is what the product talks to; `calls` gets the bytes, `wire` reads them, `reading` puts one
reading together, `holdings`, `fills` and `gateway` translate. Only `exchange`, `login` and
`stream` need the SDK.
"""
