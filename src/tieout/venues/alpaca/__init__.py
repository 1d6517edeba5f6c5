"""Alpaca, through its own `alpaca-py`: positions, account and activities, read and never written.

`venue` is what the product talks to; `calls` gets the bytes, `wire` reads them, `positions`,
`activities` and `corporate_actions` translate them. Only `calls` and `venue` need the SDK.
"""
