"""One module per FHIR interaction, named as in the specification. https://hl7.org/fhir/R4/http.html"""
