"""How people reach Tieout from a shell. Start reading at `tieout.cli.main`."""
