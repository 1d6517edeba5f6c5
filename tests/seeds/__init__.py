"""The promises of the documents that Tieout comes from, each with its test."""
