// Small pieces that several views share.

import { html, nothing } from "../vendor/lit/html.js";
import { t } from "../i18n/index.js";

/** A section of the page with a heading that the menu leads to. */
export function section(id, title, content) {
  return html`<section id=${id} aria-labelledby="${id}-title" tabindex="-1">
    <h2 id="${id}-title">${title}</h2>
    ${content}
  </section>`;
}

/** Words of the plan itself: always text, in the language they were written in. */
export function written(text, language) {
  return html`<span lang=${language || nothing}>${text}</span>`;
}

/** What is called differently on your own plan and on that of somebody else. */
export function ownOr(view, key) {
  return t(`${key}.${isOwn(view) ? "own" : "other"}`, { name: personName(view) });
}

export function isOwn(view) {
  return view.session.user === `Patient/${view.plan.id}`;
}

export function personName(view) {
  return view.plan.name ?? t("someone");
}

/** Things that are over, folded away; opened when printed. */
export function folded(summary, content) {
  return html`<details><summary>${summary}</summary>${content}</details>`;
}

export function chip(text, tone = "plain") {
  return text ? html`<span class="chip ${tone}">${text}</span>` : nothing;
}
