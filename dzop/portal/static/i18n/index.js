// The words of the portal in nl, fr, de and en, and dates as people in Belgium write them.

import de from "./de.js";
import en from "./en.js";
import fr from "./fr.js";
import nl from "./nl.js";
import { wordIn } from "./words.js";

const TEXTS = { nl, fr, de, en };
const KEPT = "dzop-language";
const ZONE = "Europe/Brussels";

export const LANGUAGES = { nl: "Nederlands", fr: "Français", de: "Deutsch", en: "English" };

let language = localStorage.getItem(KEPT);
if (!(language in TEXTS)) {
  language = navigator.languages.map((tag) => tag.split("-")[0]).find((tag) => tag in TEXTS) ?? "nl";
}

export function currentLanguage() {
  return language;
}

export function speak(chosen) {
  language = chosen;
  localStorage.setItem(KEPT, chosen);
}

/** The text of a key, with `{name}` filled in from `values`. */
export function t(key, values = {}) {
  const text = TEXTS[language][key] ?? TEXTS.en[key] ?? key;
  return text.replace(/\{([a-z]+)\}/g, (_, name) => values[name] ?? "");
}

/** The word for a code, or the code itself in readable form when there is none. */
export function word(group, code) {
  return wordIn(language, group, code);
}

/** A FHIR date or dateTime of any precision as a day, month or year in words. */
export function day(text, { weekday = false } = {}) {
  if (!text) return "";
  const parts = { year: "numeric" };
  if (text.length >= 7) parts.month = "long";
  if (text.length >= 10) parts.day = "numeric";
  if (weekday && text.length >= 10) parts.weekday = "long";
  const instant = text.length > 10 ? new Date(text) : new Date(`${text.padEnd(10, "-01").slice(0, 10)}T12:00:00Z`);
  return new Intl.DateTimeFormat(locale(), { ...parts, timeZone: text.length > 10 ? ZONE : "UTC" }).format(instant);
}

export function time(text) {
  const parts = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: ZONE };
  return new Intl.DateTimeFormat(locale(), parts).format(new Date(text));
}

/** A FHIR Period in words, or nothing. */
export function period(value) {
  if (value?.start && value?.end) return t("period.between", { start: day(value.start), end: day(value.end) });
  if (value?.start) return t("period.from", { date: day(value.start) });
  if (value?.end) return t("period.until", { date: day(value.end) });
  return "";
}

export function list(texts) {
  return new Intl.ListFormat(locale(), { type: "conjunction" }).format(texts);
}

export function either(texts) {
  return new Intl.ListFormat(locale(), { type: "disjunction" }).format(texts);
}

function locale() {
  return language === "en" ? "en-GB" : `${language}-BE`;
}
