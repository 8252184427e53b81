"""Search: what is indexed of a resource, and what a query asks for.

https://hl7.org/fhir/R4/search.html
"""
