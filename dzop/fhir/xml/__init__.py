"""FHIR's XML, both ways: what it says is the JSON that is stored. https://hl7.org/fhir/R4/xml.html"""

from dzop.fhir.xml.reading import parse
from dzop.fhir.xml.writing import written

__all__ = ["parse", "written"]
