"""What a person is told of a relation of care or an emergency that somebody declared: plain nl, fr, de and en."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Final

from terminology.content import LANGUAGES

__all__ = ["of_break_glass", "of_relation"]

_SOMEBODY: Final = {
    "nl": "Een zorgverlener",
    "fr": "Un prestataire de soins",
    "de": "Ein Leistungserbringer",
    "en": "A care provider",
}

_RELATION: Final = {
    "nl": (
        "{who} heeft gemeld voor u te zorgen: {why}. Dat geldt tot en met {until}. Zolang u toestemming geeft om uw "
        "plan te delen, kan deze zorgverlener lezen wat bij het beroep past. Klopt dit niet? Zet de zorgrelatie stop "
        "of sluit deze zorgverlener uit."
    ),
    "fr": (
        "{who} a déclaré prendre soin de vous : {why}. Cela vaut jusqu'au {until} inclus. Tant que vous acceptez de "
        "partager votre plan, ce prestataire peut lire ce qui relève de sa profession. Ce n'est pas exact ? Mettez fin "
        "à la relation de soins ou excluez ce prestataire."
    ),
    "de": (
        "{who} hat gemeldet, Sie zu versorgen: {why}. Das gilt bis einschließlich {until}. Solange Sie Ihren Plan "
        "teilen, kann dieser Leistungserbringer lesen, was zu seinem Beruf gehört. Stimmt das nicht? Beenden Sie die "
        "Versorgungsbeziehung oder schließen Sie diesen Leistungserbringer aus."
    ),
    "en": (
        "{who} has declared to care for you: {why}. This holds until {until}, that day included. As long as you agree "
        "to share your plan, this care provider can read what goes with the profession. Is this not right? End the "
        "relation of care, or exclude this care provider."
    ),
}

_BREAK_GLASS: Final = {
    "nl": (
        "{who} heeft een noodgeval gemeld en kan uw plan lezen tot {until}. De reden staat in uw dossier. Iemand die "
        "toezicht houdt, kijkt dit na. Was er geen noodgeval? U kunt het lezen meteen stopzetten."
    ),
    "fr": (
        "{who} a signalé une urgence et peut lire votre plan jusqu'au {until}. La raison figure dans votre dossier. "
        "Une personne chargée du contrôle le vérifie. Ce n'était pas une urgence ? Vous pouvez y mettre fin tout de "
        "suite."
    ),
    "de": (
        "{who} hat einen Notfall gemeldet und kann Ihren Plan bis {until} lesen. Der Grund steht in Ihrer Akte. Eine "
        "Aufsichtsperson prüft das nach. War es kein Notfall? Sie können das Lesen sofort beenden."
    ),
    "en": (
        "{who} has declared an emergency and can read your plan until {until}. The reason is in your record. Somebody "
        "who oversees this will check it. Was it no emergency? You can end the reading at once."
    ),
}

_PROOFS: Final = {
    "eid-reading": {
        "nl": "uw identiteitskaart werd gelezen",
        "fr": "votre carte d'identité a été lue",
        "de": "Ihr Personalausweis wurde gelesen",
        "en": "your identity card was read",
    },
    "pharmacy-delivery": {
        "nl": "de apotheek gaf u geneesmiddelen mee",
        "fr": "la pharmacie vous a délivré des médicaments",
        "de": "die Apotheke hat Ihnen Arzneimittel abgegeben",
        "en": "the pharmacy delivered medicines to you",
    },
    "referral": {
        "nl": "u werd doorverwezen",
        "fr": "vous lui avez été adressé",
        "de": "Sie wurden überwiesen",
        "en": "you were referred",
    },
    "hospital-stay": {
        "nl": "u verblijft in het ziekenhuis",
        "fr": "vous séjournez à l'hôpital",
        "de": "Sie sind im Krankenhaus",
        "en": "you are staying in hospital",
    },
    "emergency": {
        "nl": "een noodgeval",
        "fr": "une urgence",
        "de": "ein Notfall",
        "en": "an emergency",
    },
    "gmd": {
        "nl": "uw globaal medisch dossier wordt daar bijgehouden",
        "fr": "votre dossier médical global y est tenu",
        "de": "Ihre globale medizinische Akte wird dort geführt",
        "en": "your global medical file is kept there",
    },
}


def of_relation(languages: Iterable[str], who: str | None, proof: str, until: date) -> list[str]:
    """That `who` declared a relation of care by this kind of proof, until that day: a text a language."""
    return [
        _RELATION[each].format(
            who=who or _SOMEBODY[each], why=_PROOFS[proof][each], until=f"{until:%d/%m/%Y}"
        )
        for each in _told(languages)
    ]


def of_break_glass(languages: Iterable[str], who: str | None, until: datetime) -> list[str]:
    """That `who` declared an emergency and reads until that time of day, given in the person's own time zone."""
    return [
        _BREAK_GLASS[each].format(who=who or _SOMEBODY[each], until=f"{until:%d/%m/%Y %H:%M}")
        for each in _told(languages)
    ]


def _told(languages: Iterable[str]) -> tuple[str, ...]:
    """The first of the person's languages that we speak; all of ours where we know none of theirs."""
    return next(((each,) for each in languages if each in LANGUAGES), LANGUAGES)
