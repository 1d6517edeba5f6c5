"""Interactive Brokers, through the socket of TWS or IB Gateway and `ib_async`; it only reads.

`venue` is what the product talks to. `link` keeps one socket for a connection and all its
accounts, `session` is one life of that socket, `heard` what came over it, `wire` the rows in
it. `holdings` and `executions` translate. Flex statements are read by `flex`.
"""
