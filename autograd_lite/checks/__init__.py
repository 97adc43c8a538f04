"""Checks that a result is right: that data are unchanged, that masked zeros stay zero, that graphs end."""
