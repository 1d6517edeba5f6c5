"""Hyperliquid, through its own `hyperliquid-python-sdk`: perpetuals, spot, fills, read only.

`venue` is what the product talks to; `reading` does one reading of an account with `pages`
(series by time), `wire` (the bytes), `holdings`, `fills`, `ledger` and `markets` (translation).
`exchange` and `stream` alone need the SDK. Only an address is needed, never a private key.
"""
