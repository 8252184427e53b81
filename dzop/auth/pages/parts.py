"""The small parts that pages are made of."""

from __future__ import annotations

from markupsafe import Markup

from dzop.auth.pages.words import Words

__all__ = ["button", "cancel", "field", "note", "onward", "paragraph", "problem", "search_button"]


def paragraph(text: str) -> Markup:
    """A paragraph of text, or of HTML that is marked as such."""
    return Markup("<p>{}</p>\n").format(text)


def note(text: str) -> Markup:
    """A paragraph that stands out."""
    return Markup('<p class="note">{}</p>\n').format(text)


def problem(text: str, id: str = "problem") -> Markup:
    """What went wrong; read out at once, and named by the field that it is about."""
    return Markup('<p class="problem" id="{}" role="alert">{}</p>\n').format(id, text)


def button(text: str, name: str, value: str, kind: str = "primary", label: str = "") -> Markup:
    """A button that posts `name=value`; a quiet one does so whatever is filled in. `label` says more than its text."""
    skips = Markup(" formnovalidate") if kind == "quiet" else ""
    named = Markup(' aria-label="{}"').format(label) if label else ""
    return Markup('<button class="{}" name="{}" value="{}"{}{}>{}</button>\n').format(
        kind, name, value, skips, named, text
    )


def cancel(words: Words, where: str) -> Markup:
    """The way out: `login` or back to the `app`."""
    return Markup('<p class="buttons">{}</p>').format(
        button(words.say("page", f"cancel-{where}"), "cancel", "yes", "quiet")
    )


def onward(words: Words, address: str) -> Markup:
    """A link to go on to, such as the portal; nothing without an address."""
    if not address:
        return Markup("")
    return Markup('<p class="buttons"><a class="button" href="{}">{}</a></p>').format(
        address, words.say("page", "onward")
    )


def search_button(words: Words) -> Markup:
    """The button beside a search box."""
    return Markup('<button class="primary">{}</button>').format(words.say("persons", "find"))


def field(
    label: str,
    name: str,
    *,
    value: str = "",
    type: str = "text",
    autocomplete: str = "off",
    described_by: str = "",
    is_required: bool = False,
) -> Markup:
    """A labelled field; `described_by` is the id of what is said about its content."""
    faults = Markup(' aria-invalid="true" aria-describedby="{}"').format(described_by) if described_by else ""
    return Markup(
        '<label class="field"><span>{}</span>'
        '<input name="{}" type="{}" value="{}" autocomplete="{}" autocapitalize="none" spellcheck="false"'
        ' maxlength="1000"{}{}></label>\n'
    ).format(label, name, type, value, autocomplete, Markup(" required") if is_required else "", faults)
