"""The former name of plinth, for one release."""
