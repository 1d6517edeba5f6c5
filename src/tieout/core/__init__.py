"""All of the meaning: values in, values out. Start reading at `tieout.core.tieout`."""
