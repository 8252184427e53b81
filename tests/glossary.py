"""The words of the field: what each is called in Dutch, and by which codes the plan says it.

From the glossary of what was asked for; a word that stands for a resource, not for a code, is not here.
"""

from __future__ import annotations

from typing import Final

__all__ = ["GLOSSARY", "OF_R4"]

_DZOP: Final = "https://dzop.example/fhir/CodeSystem/"
_HL7: Final = "http://terminology.hl7.org/CodeSystem/"
_R4: Final = "http://hl7.org/fhir/"
_LOINC: Final = "http://loinc.org"

GLOSSARY: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "levensdoel": (
        (f"{_DZOP}goal-category", "life-goal"),
        (f"{_R4}goal-status", "proposed accepted active"),
    ),
    "zorgdoel": (
        (f"{_DZOP}goal-category", "care-goal"),
        (f"{_HL7}goal-relationship-type", "milestone other"),
    ),
    "ondersteuningsdoel": ((f"{_DZOP}goal-category", "support-goal"),),
    "zorgtaak, ondersteuningstaak": ((f"{_DZOP}task-kind", "care-task support-task"),),
    "concrete afspraak": ((f"{_DZOP}message-kind", "agreement"),),
    "doelgerichte zorg": ((f"{_DZOP}plan-kind", "goal-oriented"),),
    "digitaal zorg- en ondersteuningsplan": (
        (f"{_DZOP}plan-kind", "care-and-support-plan"),
        (f"{_R4}request-intent", "plan"),
        (f"{_R4}request-status", "draft active completed revoked"),
        (_LOINC, "18776-5"),
    ),
    "zorgplan, behandelplan": ((f"{_DZOP}plan-kind", "treatment-plan"),),
    "behoefteplan": ((f"{_DZOP}plan-kind", "needs-plan"),),
    "globaal bilan": (
        (f"{_DZOP}document-kind", "overall-assessment"),
        (f"{_DZOP}task-kind", "overall-assessment"),
    ),
    "zorgteam": ((_LOINC, "LA28865-6"),),
    "zorgverlener": ((f"{_DZOP}role", "health-professional"),),
    "hulpverlener, welzijnsverstrekker": ((f"{_DZOP}role", "welfare-professional"),),
    "zorg- en welzijnscoördinator": ((f"{_DZOP}role", "care-coordinator"),),
    "casemanager": (
        (f"{_DZOP}role", "case-manager"),
        (f"{_DZOP}task-kind", "case-management"),
        (f"{_DZOP}consent-kind", "case-management"),
    ),
    "référent de proximité": ((f"{_DZOP}team-function", "reference-person"),),
    "liaisonfunctie, oncologisch coördinator, familiecoach, educator": (
        (f"{_DZOP}team-function", "liaison oncology-coordinator family-coach educator"),
    ),
    "mantelzorger": ((f"{_DZOP}role", "informal-carer"), (f"{_HL7}v3-RoleClass", "CAREGIVER")),
    "informele zorg": ((f"{_DZOP}role", "informal-network"),),
    "buur, vrijwilliger, buddy": (
        (f"{_DZOP}team-function", "neighbour volunteer buddy"),
        (f"{_HL7}v3-RoleCode", "NBOR FRND"),
    ),
    "vertegenwoordiger": (
        (f"{_DZOP}role", "representative"),
        (f"{_DZOP}consent-kind", "mandate"),
        (f"{_HL7}v3-RoleCode", "GUARD POWATT HPOWATT"),
    ),
    "toegangsmatrix": ((f"{_DZOP}access-extent", "all own propose none"),),
    "geïnformeerde toestemming": (
        (f"{_DZOP}consent-kind", "sharing"),
        (f"{_HL7}consentscope", "patient-privacy"),
        (_LOINC, "59284-0"),
    ),
    "therapeutische relatie": ((f"{_DZOP}consent-kind", "therapeutic-relation"),),
    "uitsluiting": ((f"{_DZOP}consent-kind", "exclusion"), (f"{_R4}consent-provision-type", "deny")),
    "toegang strenger of minder streng instellen": (
        (f"{_DZOP}consent-kind", "settings"),
        (f"{_R4}consent-provision-type", "deny permit"),
    ),
    "gedeeld beroepsgeheim": ((f"{_DZOP}data-category", "shared-note"),),
    "scharniermoment": (
        (f"{_DZOP}meeting-kind", "pivotal-moment"),
        (f"{_DZOP}task-kind", "team-consultation"),
        (f"{_DZOP}pivotal-moment", "change-of-setting change-of-sector hospital-discharge"),
    ),
    "multidisciplinair overleg": (
        (f"{_DZOP}meeting-kind", "mdo"),
        (f"{_DZOP}document-kind", "mdo-report"),
        (f"{_HL7}v3-ActCode", "VR AMB"),
    ),
    "casusbespreking": ((f"{_DZOP}meeting-kind", "case-discussion"),),
    "ontslagbrief": ((f"{_DZOP}document-kind", "discharge-letter"), (_LOINC, "18842-5")),
    "bewonersdossier": ((f"{_DZOP}plan-kind", "resident-file"),),
    "woonzorgcentrum": ((f"{_DZOP}organization-kind", "care-home"),),
    "gezinszorg": ((f"{_DZOP}organization-kind", "home-family-help"),),
    "OCMW, CAW, DMW": ((f"{_DZOP}organization-kind", "ocmw caw dmw"),),
    "GMD": ((f"{_DZOP}team-function", "gmd-holder"), (f"{_DZOP}proof", "gmd")),
    "zorgpad, zorgtraject": ((f"{_DZOP}plan-kind", "care-pathway"),),
    "journaalfunctie": ((f"{_DZOP}data-category", "journal"), (f"{_DZOP}journal-kind", "day mood")),
    "berichtenfunctie": ((f"{_DZOP}data-category", "message"), (f"{_DZOP}message-kind", "message")),
    "PROM, PREM": ((f"{_DZOP}data-category", "prom prem"),),
    "draaglast en draagkracht van een mantelzorger": ((f"{_DZOP}data-category", "carer-burden"),),
    "inschaling": ((f"{_DZOP}data-category", "needs-assessment"),),
    "vroegtijdige zorgplanning": (
        (f"{_DZOP}plan-kind", "advance-care-plan"),
        (f"{_DZOP}life-domain", "advance-care-planning"),
        (f"{_HL7}consentscope", "adr"),
    ),
    "secundair gebruik": (
        (f"{_DZOP}role", "population-analyst"),
        (f"{_HL7}v3-ActReason", "HRESCH PUBHLTH"),
    ),
    "eerstelijnszone": ((f"{_DZOP}organization-kind", "first-line-zone"),),
    "bemiddelaar": ((f"{_DZOP}team-function", "mediator"),),
}
"""By the Dutch word: code systems and codes."""

OF_R4: Final = tuple(
    (system, code)
    for said in GLOSSARY.values()
    for system, codes in said
    if not system.startswith(_DZOP)
    for code in codes.split()
)
"""The codes that are not ours, which R4 must have too."""
