"""How fast Tieout is, as ratios to the cheapest way that is measured beside it in the same run."""
