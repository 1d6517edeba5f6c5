"""Brokers to practise on: each speaks its venue's real wire on loopback.

They stand apart from the rest of Tieout and share no code with it, so that a mistake made there
is not made here as well.
"""
