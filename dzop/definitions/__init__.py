"""Our own FHIR conformance resources, made from our data: code systems, extensions, the access matrix. Pure."""
