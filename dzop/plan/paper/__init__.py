"""The plan on paper: one content, told as a FHIR document and as pages to print. Pure."""
