"""The folder of this file is where tests find what they share, such as `scenario`."""
