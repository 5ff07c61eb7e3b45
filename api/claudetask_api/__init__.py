"""The dashboard's face: the REST API."""
