"""How browsers and programs reach Tieout: REST, events, sign-in. Start reading at `web.app`."""
