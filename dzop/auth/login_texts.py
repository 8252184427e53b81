"""The words of the sandbox login page, in the languages of the service."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

__all__ = ["LANGUAGES", "TEXTS", "preferred_language"]

LANGUAGES: Mapping[str, str] = {"nl": "Nederlands", "fr": "Français", "de": "Deutsch", "en": "English"}

TEXTS: Mapping[str, Mapping[str, str]] = {
    "nl": {
        "title": "Wie bent u?",
        "intro": "Dit is een oefenomgeving. Alle mensen zijn verzonnen. U hebt geen wachtwoord nodig.",
        "choose": "Kies de persoon als wie u wilt inloggen.",
        "around": "Het plan van {name}",
        "others": "Andere zorgverleners en hulpverleners",
        "cancel": "Niet inloggen",
        "languages": "Taal",
        "unknown-app": "Deze app kennen we niet",
        "unknown-app-text": "Daarom kunt u hier niet inloggen. Ga terug naar de app.",
        "bad-request": "Inloggen lukt niet",
        "bad-request-text": "De app stuurde een vraag die we niet begrijpen. Ga terug naar de app.",
        "too-old": "Deze pagina is te oud",
        "too-old-text": "Ga terug naar de app en log opnieuw in.",
    },
    "fr": {
        "title": "Qui êtes-vous ?",
        "intro": "Ceci est un espace d’essai. Toutes les personnes sont inventées. "
        "Aucun mot de passe n’est nécessaire.",
        "choose": "Choisissez la personne sous le nom de laquelle vous voulez vous connecter.",
        "around": "Le plan de {name}",
        "others": "Autres professionnels de l’aide et des soins",
        "cancel": "Ne pas se connecter",
        "languages": "Langue",
        "unknown-app": "Nous ne connaissons pas cette application",
        "unknown-app-text": "Vous ne pouvez donc pas vous connecter ici. Retournez à l’application.",
        "bad-request": "La connexion ne marche pas",
        "bad-request-text": "L’application a envoyé une demande que nous ne comprenons pas. "
        "Retournez à l’application.",
        "too-old": "Cette page est trop ancienne",
        "too-old-text": "Retournez à l’application et connectez-vous de nouveau.",
    },
    "de": {
        "title": "Wer sind Sie?",
        "intro": "Das ist eine Übungsumgebung. Alle Personen sind erfunden. Sie brauchen kein Passwort.",
        "choose": "Wählen Sie die Person, als die Sie sich anmelden wollen.",
        "around": "Der Plan von {name}",
        "others": "Andere Fachleute für Pflege und Hilfe",
        "cancel": "Nicht anmelden",
        "languages": "Sprache",
        "unknown-app": "Diese App kennen wir nicht",
        "unknown-app-text": "Deshalb können Sie sich hier nicht anmelden. Gehen Sie zurück zur App.",
        "bad-request": "Die Anmeldung klappt nicht",
        "bad-request-text": "Die App hat eine Anfrage geschickt, die wir nicht verstehen. "
        "Gehen Sie zurück zur App.",
        "too-old": "Diese Seite ist zu alt",
        "too-old-text": "Gehen Sie zurück zur App und melden Sie sich neu an.",
    },
    "en": {
        "title": "Who are you?",
        "intro": "This is a place to practise. All people are made up. You do not need a password.",
        "choose": "Choose the person you want to log in as.",
        "around": "The plan of {name}",
        "others": "Other care professionals",
        "cancel": "Do not log in",
        "languages": "Language",
        "unknown-app": "We do not know this app",
        "unknown-app-text": "So you cannot log in here. Go back to the app.",
        "bad-request": "Logging in does not work",
        "bad-request-text": "The app sent a question that we do not understand. Go back to the app.",
        "too-old": "This page is too old",
        "too-old-text": "Go back to the app and log in again.",
    },
}


def preferred_language(ui_locales: str, accept_language: str) -> str:
    """The first language we have of `ui_locales`, else of an Accept-Language header, else Dutch."""
    for tag in [*ui_locales.split(), *_by_quality(accept_language)]:
        language = tag.split("-")[0].lower()
        if language in LANGUAGES:
            return language
    return "nl"


def _by_quality(header: str) -> Sequence[str]:
    ranges = [part.strip().partition(";q=") for part in header.split(",")[:20]]
    return [tag for tag, _, _ in sorted(ranges, key=lambda each: _quality(each[2]), reverse=True)]


def _quality(text: str) -> float:
    try:
        return float(text or 1)
    except ValueError:
        return 0.0
